/* Which route a request takes.
 *
 * Routes are a tree of path segments.  At each place a literal segment is tried before {param}, and that
 * before {proxy+}; a route of the method itself before ANY.  A place that lacks the method does not hide a
 * greedy one that has it: the search goes back and tries on.
 *
 *     GET /orders/{id}       "orders" -> param -> [GET]
 *     ANY /orders/{proxy+}            -> greedy -> [ANY] */
#ifndef API_ROUTE_H
#define API_ROUTE_H

#include "base/arena.h"

#define ROUTE_PARAMS_MAX 24

struct route {
    struct route *next;                  /* another method at the same place */
    struct str method;                   /* "GET", "ANY" */
    struct str path;                     /* "/orders/{id}" */
    struct str params[ROUTE_PARAMS_MAX]; /* their names, in order */
    size_t param_count;
};

struct route_place {
    struct str segment;
    struct route_place *next;  /* the next literal beside it */
    struct route_place *child; /* the first literal below it */
    struct route_place *param, *greedy;
    struct route *routes;
};

struct route_match {
    struct route *route;
    struct str values[ROUTE_PARAMS_MAX]; /* lent from the path */
};

/* Adds the route (method and path set; its params are filled in).  NULL, or what is wrong with it. */
const char *route_add(struct route_place *root, struct arena *a, struct route *r);

/* The best route for method and path; false when there is none.  `path` begins with '/'. */
bool route_find(const struct route_place *root, struct str method, struct str path, struct route_match *out);

/* The route that has exactly this template and method, or NULL. */
struct route *route_at(const struct route_place *root, struct str method, struct str path);

#endif
