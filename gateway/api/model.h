/* API Gateway's model: APIs with their routes, API keys, usage plans.  A cache of the store's rows (store.h).
 *
 * It is loaded whole on first touch and thrown away whole by any change; operations that change work on the
 * rows alone.  An API is counted, because a request under way still needs it when the model is loaded anew.
 */
#ifndef API_MODEL_H
#define API_MODEL_H

#include "door/call.h"
#include "door/proxy.h"
#include "route.h"
#include "throttle.h"

#define API_ID_SIZE 11 /* 10 characters of a-z0-9 and a zero */

/* What a MOCK OPTIONS method answers: CORS as SAM builds it. */
struct mock {
    struct http_header headers[6];
    size_t n;
};

/* A route with what its method says. */
struct method {
    struct route route;
    struct str key;         /* "GET /orders/{id}", "$default" */
    struct str function;    /* ARN */
    struct str source;      /* execute-api ARN of the route: who invokes */
    struct str resource_id; /* 6 characters, of the path; for REST */
    int format;             /* payload 1 or 2 */
    bool key_required;
    int64_t timeout_ms;
    const struct mock *mock; /* or NULL: a function answers */
    struct bucket bucket;    /* the stage's limit holds for each method */
};

/* CorsConfiguration of an HTTP API. */
struct cors {
    bool set, any_origin, credentials;
    struct str *origins;
    size_t origin_count;
    struct str methods, headers, expose, max_age; /* as the answer's headers; "" : not sent */
};

struct api {
    int holders;
    struct arena arena; /* all of it lies here */
    struct str id, logical_id, name, stage;
    struct str path_prefix;   /* "/Prod"; "" for $default */
    struct str deployment_id; /* 6 characters; absent for HTTP */
    bool rest;
    int port; /* 0: the first API's port, 1: the next ... */
    int64_t made_at;
    struct proxy_pair *variables;
    size_t variable_count;
    struct str *binary_types;
    size_t binary_type_count;
    struct limit limit; /* of the stage */
    struct cors cors;
    struct route_place routes;
    struct method *fallback; /* $default; NULL without one */
    struct method **methods; /* all, in the order of the template */
    size_t method_count;
};

struct api_stage {
    struct str api_id, stage;
};

struct plan {
    struct str id, name;
    struct api_stage *stages;
    size_t stage_count;
    struct limit limit;
    struct quota quota;
};

/* A key in a plan: what is counted. */
struct member {
    struct member *next; /* the same key in another plan */
    struct plan *plan;
    struct str key_id;
    struct bucket bucket;
    struct usage usage;
};

struct api_key {
    struct str id, name, value;
    bool enabled;
    struct member *members;
};

struct gateway {
    struct world *world;
    bool loaded;
    struct arena arena; /* keys, plans, members */
    struct map apis;    /* id -> struct api, held */
    struct map keys;    /* value -> struct api_key */
    struct map plans;   /* id -> struct plan */
    bool dirty;         /* usage that is not in the store */
    bool stale;         /* the rows have changed */
    struct timer save;  /* writes usage behind, once a second */
};

/* The world's gateway, as it was loaded or not. */
struct gateway *gateway_of(const struct world *w);

/* The same with its model there.  May write (usage that the old model had counted), so best inside a turn. */
enum rc gateway_loaded(struct gateway *g);

/* The model forgets all. */
void gateway_forget(struct gateway *g);

struct api *api_hold(struct api *a);
void api_let(struct api *a);

/* The membership through which this key may use that stage; NULL: none. */
struct member *api_key_member(const struct api_key *k, const struct api *a);

/* Writes usage that is not yet in the store.  Inside a turn. */
enum rc gateway_save_usage(struct gateway *g);

/* Usage has changed: it is written within a second. */
void gateway_usage_changed(struct gateway *g);

/* Where an API answers: "http://localhost:3000", in the arena. */
struct str api_endpoint(const struct world *w, int port, struct arena *a);

#endif
