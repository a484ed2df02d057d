# Licensed under the Apache License, Version 2.0; see LICENSE.
"""A Django site in one file; its middleware is what conf-examples/django.conf shows."""
import os

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="for a test", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, USE_TZ=True,
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["WHO_DATABASE"]}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"],
    AUTHENTICATION_BACKENDS=["django.contrib.auth.backends.RemoteUserBackend"],
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware",
                "django.contrib.auth.middleware.AuthenticationMiddleware", "application.GatewayUserMiddleware"])
django.setup()

from django.contrib.auth.middleware import RemoteUserMiddleware         # noqa: E402
from django.core.management import call_command                         # noqa: E402
from django.core.wsgi import get_wsgi_application                       # noqa: E402
from django.http import HttpResponse                                    # noqa: E402
from django.urls import re_path                                         # noqa: E402


class GatewayUserMiddleware(RemoteUserMiddleware):
    header = "HTTP_X_REMOTE_USER"


def who(request):
    return HttpResponse("client %s\n" % (request.user.get_username() or "none"), content_type="text/plain")


urlpatterns = [re_path("", who)]
call_command("migrate", verbosity=0)
application = get_wsgi_application()
