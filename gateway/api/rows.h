/* What the operations that make and unmake rows share.
 *
 * They work on the store alone: a row that would be the same is left untouched, a row that changed makes the
 * model stale. */
#ifndef API_ROWS_H
#define API_ROWS_H

#include "model.h"
#include "store.h"

extern const struct fault api_not_found, api_bad_request, api_conflict;

/* A name of n characters a-z0-9, always the same for one text, in the call's arena. */
struct str rows_id(struct call *c, const char *kind, struct str text, size_t n);

/* Puts `row` (moved), with the time at which it was first made (MadeAt). */
enum rc rows_put(struct call *c, enum row_kind kind, struct str id, struct str id2, cJSON *row,
                 bool *changed);

/* RC_NONE: there was none. */
enum rc rows_del(struct call *c, enum row_kind kind, struct str id, struct str id2);

/* A copy of the call's input as a row, with its id under `id_name`. */
cJSON *rows_new(const struct call *c, const char *id_name, struct str id);

#endif
