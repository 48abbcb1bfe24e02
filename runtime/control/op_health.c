#include "control_inside.h"
#include "core/version.h"

/* Health: alive, which services, for how long. */
static enum op_end run(struct call *c, const void *input)
{
    (void)input;
    cJSON *out = call_out(c);
    cJSON_AddStringToObject(out, "status", "running");
    cJSON_AddStringToObject(out, "version", TIDEPOOL_VERSION);
    cJSON_AddNumberToObject(out, "uptimeMs", (double)((clock_mono_us() - control_of(c)->started_us) / 1000));
    cJSON_AddNumberToObject(out, "inFlight", (double)c->world->busy);
    cJSON *services = cJSON_AddArrayToObject(out, "services");
    for (const struct service *const *s = c->world->services; *s; s++)
        if ((*s)->wires &&
            world_service(c->world, str_z((*s)->name)) == *s) /* a name once: rooms share some */
            cJSON_AddItemToArray(services, cJSON_CreateString((*s)->name));
    return OP_DONE;
}

const struct op_row control_health = {"Health", run, .flags = OP_QUIET};
