/* CheckCode (internal): do these Lua texts compile?  Nothing is stored. */
#include "lambda.h"
#include "worker/syntax.h"

struct check_code_in {
    const cJSON *files;
};

static const struct shape_row file_rows[] = {
    OUT(SHAPE_STR, "Name", .flags = SHAPE_REQ),
    OUT(SHAPE_STR, "Text", .flags = SHAPE_REQ),
    SHAPE_END,
};
static const struct shape_row file = OUT(SHAPE_STRUCT, "member", .of = file_rows);

static const struct shape_row in[] = {
    IN_LIST(check_code_in, files, "Files", .flags = SHAPE_REQ, .of = &file),
    SHAPE_END,
};

static struct str member(const cJSON *of, const char *name)
{
    return json_text(cJSON_GetObjectItemCaseSensitive(of, name));
}

static enum op_end run(struct call *c, const void *input)
{
    const struct check_code_in *req = input;
    cJSON *problems = cJSON_AddArrayToObject(call_out(c), "Problems");
    const cJSON *at;
    cJSON_ArrayForEach (at, req->files) {
        struct buf why;
        buf_init(&why, 4096);
        if (!syntax_check(member(at, "Name"), member(at, "Text"), &why))
            cJSON_AddItemToArray(problems, cJSON_CreateString(buf_zstr(&why)));
        buf_release(&why);
    }
    return OP_DONE;
}

const struct op_row lambda_check_code = {
    .name = "CheckCode",
    .run = run,
    .in = in,
    .in_size = sizeof(struct check_code_in),
    .flags = OP_INTERNAL | OP_QUIET,
};
