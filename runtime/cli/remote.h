/* Asking the tidepool that runs: its rooms under /_tidepool/, and Lambda's Invoke. */
#ifndef CLI_REMOTE_H
#define CLI_REMOTE_H

#include "base/buf.h"
#include "base/json.h"
#include "cli.h"
#include "core/http_msg.h"

struct remote_answer {
    int status; /* 0: nobody answers there */
    struct http_headers headers;
    struct buf body;
    struct arena arena;
};

/* POST, and waits for the answer; released by remote_release. */
void remote_post(const struct cli *cli, const char *path, struct str body, const struct http_header *headers,
                 size_t n, struct remote_answer *out);
void remote_release(struct remote_answer *a);

/* Asks a control operation ("clock") with a JSON input (moved).  The answer, or NULL after saying on stderr
 * what is wrong; `status` (may be NULL): the answer's HTTP status, 0 when nobody answers. */
cJSON *remote_ask(const struct cli *cli, const char *operation, cJSON *in, int *status);

/* Is one running there? */
bool remote_alive(const struct cli *cli);

#endif
