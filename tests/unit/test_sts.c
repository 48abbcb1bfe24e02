/* STS over the Query protocol: who is asking? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "aws_ask.h"
#include "sqs/sqs.h"
#include "sts/sts.h"

static const struct service *const services[] = {&sqs_service, &sts_service, NULL};

#define FORM "Content-Type: application/x-www-form-urlencoded"
#define SIGNED(key, service)                                                                                 \
    "Authorization: AWS4-HMAC-SHA256 Credential=" key "/20261122/eu-west-1/" service                         \
    "/aws4_request, SignedHeaders=host, Signature=abc"

static void assert_has(struct aws_test *t, const char *text)
{
    if (str_search(t->body, str_z(text)) < 0)
        fail_msg("%.*s\ndoes not have %s", STR_ARG(t->body), text);
}

static void the_caller_is_the_user_of_the_account(void **state)
{
    (void)state;
    struct aws_test t;
    aws_test_open(&t, services);
    aws_ask(&t, "POST /", (const char *[]){FORM, SIGNED("test", "sts"), NULL},
            "Action=GetCallerIdentity&Version=2011-06-15");
    assert_int_equal(t.status, 200);
    assert_string_equal(aws_header(&t, "content-type"), "text/xml");
    assert_has(&t, "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
                   "<GetCallerIdentityResult><Arn>arn:aws:iam::000000000000:user/tidepool</Arn>"
                   "<UserId>AIDATIDEPOOLAAAAAAAAA</UserId><Account>000000000000</Account>"
                   "</GetCallerIdentityResult><ResponseMetadata><RequestId>");
    aws_test_close(&t);
}

static void a_key_of_twelve_digits_is_the_account(void **state)
{
    (void)state;
    struct aws_test t;
    aws_test_open(&t, services);
    aws_ask(&t, "POST /", (const char *[]){FORM, SIGNED("111122223333", "sts"), NULL},
            "Action=GetCallerIdentity&Version=2011-06-15");
    assert_has(&t, "<Arn>arn:aws:iam::111122223333:user/tidepool</Arn>");
    assert_has(&t, "<Account>111122223333</Account>");
    assert_has(&t, "<UserId>AIDATIDEPOOL");
    assert_true(str_search(t.body, STR("AIDATIDEPOOLAAAAAAAAA")) < 0);
    aws_test_close(&t);
}

static void it_is_found_by_signature_host_or_version(void **state)
{
    (void)state;
    struct aws_test t;
    aws_test_open(&t, services);
    const char *const hosts[] = {"Host: sts.localhost:4566", "Host: sts.eu-west-1.localhost:4566"};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        aws_ask(&t, "GET /?Action=GetCallerIdentity", (const char *[]){hosts[i], NULL}, "");
        assert_int_equal(t.status, 200);
    }
    aws_ask(&t, "GET /?Action=GetCallerIdentity&Version=2011-06-15", NULL, "");
    assert_int_equal(t.status, 200);
    aws_ask(
        &t,
        "GET /?Action=GetCallerIdentity&X-Amz-Credential=test%2F20261122%2Fus-east-1%2Fsts%2Faws4_request",
        NULL, "");
    assert_int_equal(t.status, 200);
    static const char *const signatures[] = {
        "Authorization: AWS4-HMAC-SHA256 "
        "SignedHeaders=host,Signature=0,Credential=a/20261122/us-east-1/sts/aws4_request",
        "Authorization: AWS4-HMAC-SHA256  Credential=a/20261122/us-east-1/sts/aws4_request , "
        "SignedHeaders=host",
    };
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
        aws_ask(&t, "GET /?Action=GetCallerIdentity", (const char *[]){signatures[i], NULL}, "");
        assert_int_equal(t.status, 200);
    }
    aws_test_close(&t);
}

static void other_actions_are_refused_in_awss_words(void **state)
{
    (void)state;
    struct aws_test t;
    aws_test_open(&t, services);
    aws_ask(&t, "POST /", (const char *[]){FORM, SIGNED("test", "sts"), NULL},
            "Action=AssumeRole&Version=2011-06-15");
    assert_int_equal(t.status, 400);
    assert_has(&t, "<Error><Type>Sender</Type><Code>InvalidAction</Code>"
                   "<Message>Could not find operation AssumeRole for version 2011-06-15</Message></Error>");
    aws_ask(&t, "POST /", (const char *[]){FORM, SIGNED("test", "sts"), NULL}, "Action=AssumeRole");
    assert_has(&t, "<Message>Could not find operation AssumeRole for version NO_VERSION_SPECIFIED</Message>");
    aws_ask(&t, "POST /", (const char *[]){FORM, SIGNED("test", "sqs"), NULL},
            "Action=AssumeRole&Version=2012-11-05"); /* SQS says it in its own way */
    assert_has(&t,
               "<Message>The action AssumeRole is not valid for this endpoint.</Message><Detail/></Error>");
    aws_test_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_caller_is_the_user_of_the_account),
        cmocka_unit_test(a_key_of_twelve_digits_is_the_account),
        cmocka_unit_test(it_is_found_by_signature_host_or_version),
        cmocka_unit_test(other_actions_are_refused_in_awss_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
