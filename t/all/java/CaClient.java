/* Licensed under the Apache License, Version 2.0; see LICENSE. */

import java.io.FileInputStream;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/**
 * CaClient URL KEY-STORE PASSWORD [CA]: one request. The key store's password may be empty; "-" stands for no key
 * store. The CA is a certificate in PEM or DER; without it the JVM's default trust store decides.
 */
public class CaClient {
    public static void main(String[] arguments) throws Exception {
        TrustManager[] trust = arguments.length > 3 ? trust(arguments[3]) : null;
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        KeyStore store = KeyStore.getInstance("PKCS12");
        char[] password = arguments[2].toCharArray();
        try (InputStream in = arguments[1].equals("-") ? null : new FileInputStream(arguments[1])) {
            store.load(in, password);
        }
        keys.init(store, password);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust, null);

        HttpClient client = HttpClient.newBuilder().sslContext(context).build();
        HttpRequest request = HttpRequest.newBuilder(URI.create(arguments[0])).build();
        try {
            HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
            System.out.print(response.statusCode() + " " + response.body());
        } catch (java.io.IOException e) {
            System.out.println(e.getMessage());
            System.exit(1);
        }
    }

    static TrustManager[] trust(String file) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (FileInputStream in = new FileInputStream(file)) {
            store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory.getTrustManagers();
    }
}
