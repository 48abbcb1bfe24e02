/* Answers that the gateway gives itself: AWS's status and words, and for people the reason in a header of
 * ours. */
#include "base/say.h"
#include "exec.h"

#include <stdarg.h>
#include <stdio.h>

#define BODY(text) "{\"message\":\"" text "\"}"

const struct refusal refuse_no_api = {403, BODY("Forbidden"), "ForbiddenException", 404, BODY("Not Found")};
const struct refusal refuse_no_route = {403, BODY("Missing Authentication Token"),
                                        "MissingAuthenticationTokenException", 404, BODY("Not Found")};
const struct refusal refuse_key = {403, BODY("Forbidden"), "ForbiddenException", 403, BODY("Forbidden")};
const struct refusal refuse_rate = {429, BODY("Too Many Requests"), "TooManyRequestsException", 429,
                                    BODY("Too Many Requests")};
const struct refusal refuse_quota = {429, BODY("Limit Exceeded"), "LimitExceededException", 429,
                                     BODY("Limit Exceeded")};
const struct refusal refuse_body_size = {413, BODY("Request Too Long"), "RequestTooLargeException", 413,
                                         BODY("Request Entity Too Large")};
const struct refusal refuse_head_size = {431, BODY("Request Header Fields Too Large"), "BadRequestException",
                                         431, BODY("Request Header Fields Too Large")};
const struct refusal refuse_bad_answer = {502, BODY("Internal server error"), "InternalServerErrorException",
                                          500, BODY("Internal Server Error")};
const struct refusal refuse_no_function = {500, BODY("Internal server error"), "InternalServerErrorException",
                                           500, BODY("Internal Server Error")};
const struct refusal refuse_busy = {500, BODY("Internal server error"), "InternalServerErrorException", 503,
                                    BODY("Service Unavailable")};
const struct refusal refuse_timeout = {504, BODY("Endpoint request timed out"),
                                       "InternalServerErrorException", 503, BODY("Service Unavailable")};

enum exec_step exec_refuse(struct exec *x, const struct refusal *r, const char *fmt, ...)
{
    char why[512], shown[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);

    bool rest = !x->api || x->api->rest;
    x->reason = arena_str(&x->call->arena, say_shown(str_z(why), shown, sizeof shown));
    x->in->reply = (struct http_reply){
        .status = rest ? r->rest_status : r->http_status,
        .body = str_z(rest ? r->rest_body : r->http_body),
    };
    exec_header(x, STR("Content-Type"), STR("application/json"));
    if (rest)
        exec_header(x, STR("x-amzn-ErrorType"), str_z(r->rest_type));
    exec_header(x, STR("x-tidepool-reason"), x->reason);
    return STEP_ANSWERED;
}
