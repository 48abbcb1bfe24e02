/* CORS, as the two kinds of API have it.
 *
 * REST: no engine.  SAM's Cors adds an OPTIONS method that answers fixed headers to each path without one;
 * other answers carry what the function returns, gateway errors carry nothing. HTTP: the gateway answers
 * every preflight itself and replaces whatever CORS headers a function returns. */
#ifndef API_CORS_H
#define API_CORS_H

#include "model.h"

/* Fill the model from a row's Cors (may be NULL). */
void cors_mocks(struct api *api, const cJSON *row);
void cors_config(struct api *api, const cJSON *row);

bool cors_is_preflight(const struct http_request *http);

/* Replaces the CORS headers of an HTTP API's answer; does nothing where the API has no Cors. */
void cors_apply(const struct cors *c, const struct http_request *http, struct http_reply *reply,
                struct arena *a, bool preflight);

#endif
