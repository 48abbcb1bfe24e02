/* What both sources do with a record that came through the door. */
#include "record.h"
#include "base/json.h"
#include <stdlib.h>

char *text_dup(const cJSON *object, const char *name)
{
    const char *z = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    return xstrdup(z ? z : "");
}

void record_take_causes(struct record *r, cJSON *from)
{
    r->causes = text_dup(from, "_Causes");
    char *trace = text_dup(from, "_TraceId");
    str_copy(str_z(trace), r->trace_id, sizeof(r->trace_id));
    free(trace);
    cJSON_DeleteItemFromObjectCaseSensitive(from, "_Causes");
    cJSON_DeleteItemFromObjectCaseSensitive(from, "_TraceId");
}

size_t event_size(const cJSON *event)
{
    struct buf b;
    buf_init(&b, 16u << 20);
    json_print(&b, event);
    size_t n = b.n;
    buf_release(&b);
    return n;
}
