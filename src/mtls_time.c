/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include <apr_strings.h>

#include "mtls_time.h"

/* Read a fixed shape: each digit of the shape is the index of the number that the digit in the text
 * belongs to, every other character stands for itself. */
static int read_shape(const char *shape, const char *text, int *numbers)
{
    for (; *shape; shape++, text++) {
        if (*shape < '0' || *shape > '9') {
            if (*text != *shape)
                return 0;
            continue;
        }
        if (*text < '0' || *text > '9')
            return 0;
        numbers[*shape - '0'] = numbers[*shape - '0'] * 10 + (*text - '0');
    }
    return 1;
}

static int is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
    static const char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

    return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 1970-01-01. The calendar repeats every 400 years (146097 days): counting from one cycle
 * earlier keeps every division above zero. 719162 days lie between 0001-01-01 and 1970-01-01. */
static apr_int64_t days_since_1970(int year, int month, int day)
{
    apr_int64_t years = year + 399, days;
    int m;

    days = years * 365 + years / 4 - years / 100 + years / 400 - 146097 - 719162;
    for (m = 1; m < month; m++)
        days += days_in_month(year, m);
    return days + day - 1;
}

/* t: year, month, day, hour, minute, second. No leap seconds: certificates have none to mean. */
static int to_seconds(const int *t, apr_int64_t *seconds)
{
    if (t[1] < 1 || t[1] > 12 || t[2] < 1 || t[2] > days_in_month(t[0], t[1]))
        return 0;
    if (t[3] > 23 || t[4] > 59 || t[5] > 59)
        return 0;
    *seconds = ((days_since_1970(t[0], t[1], t[2]) * 24 + t[3]) * 60 + t[4]) * 60 + t[5];
    return 1;
}

int mtls_time_utc(mtls_str_t text, apr_int64_t *seconds)
{
    int t[6] = { 0 };

    if (text.len != 13 || !read_shape("001122334455Z", text.ptr, t))
        return 0;
    t[0] += t[0] < 50 ? 2000 : 1900;
    return to_seconds(t, seconds);
}

int mtls_time_generalized(mtls_str_t text, apr_int64_t *seconds)
{
    int t[6] = { 0 };

    return text.len == 15 && read_shape("00001122334455Z", text.ptr, t) && to_seconds(t, seconds);
}

/* "Z", or "+01:00" as seconds east. */
static int read_offset(mtls_str_t text, int *east)
{
    int t[2] = { 0 };

    *east = 0;
    if (text.len == 1)
        return text.ptr[0] == 'Z' || text.ptr[0] == 'z';
    if (text.len != 6 || (text.ptr[0] != '+' && text.ptr[0] != '-'))
        return 0;
    if (!read_shape("00:11", text.ptr + 1, t) || t[0] > 23 || t[1] > 59)
        return 0;
    *east = (t[0] * 60 + t[1]) * (text.ptr[0] == '-' ? -60 : 60);
    return 1;
}

int mtls_time_rfc3339(mtls_str_t text, apr_int64_t *seconds)
{
    enum { DATE = 10, LOCAL = 19 };
    int t[6] = { 0 }, east;
    apr_int64_t local;

    if (text.len <= LOCAL || (text.ptr[DATE] != 'T' && text.ptr[DATE] != 't'))
        return 0;
    if (!read_shape("0000-11-22", text.ptr, t) || !read_shape("33:44:55", text.ptr + DATE + 1, t))
        return 0;
    if (!read_offset((mtls_str_t){ text.ptr + LOCAL, text.len - LOCAL }, &east) || !to_seconds(t, &local))
        return 0;
    *seconds = local - east;
    return 1;
}

/* The last year that has begun by this day: an estimate that is never too late, corrected. */
static int year_of(apr_int64_t day)
{
    int year = (int)((day - days_since_1970(0, 1, 1)) * 400 / 146097) - 1;

    while (days_since_1970(year + 1, 1, 1) <= day)
        year++;
    return year;
}

int mtls_time_split(apr_int64_t seconds, mtls_parts_of_time_t *t)
{
    const apr_int64_t first = -62167219200, last = 253402300799;    /* years 0000 and 9999 */
    apr_int64_t day;
    int rest;

    if (seconds < first || seconds > last)
        return 0;
    day = (seconds - first) / 86400 + first / 86400;
    rest = (int)((seconds - first) % 86400);
    t->year = year_of(day);
    day -= days_since_1970(t->year, 1, 1);
    for (t->month = 1; day >= days_in_month(t->year, t->month); t->month++)
        day -= days_in_month(t->year, t->month);
    t->day = (int)day + 1;
    t->hour = rest / 3600;
    t->minute = rest / 60 % 60;
    t->second = rest % 60;
    return 1;
}

const char *mtls_time_print(apr_pool_t *p, apr_int64_t seconds, const char *zone)
{
    mtls_parts_of_time_t t;

    if (!mtls_time_split(seconds, &t))
        return NULL;
    return apr_psprintf(p, "%04d-%02d-%02dT%02d:%02d:%02d%s", t.year, t.month, t.day, t.hour, t.minute, t.second, zone);
}
