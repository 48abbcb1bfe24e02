/* aws.queue(name or URL) and aws.topic(name or ARN): messages with plain Lua values.
 *
 *   q:send(body [, o])     body: text, or any value as JSON; delay, attributes, group, deduplication
 *                          -> SendMessage's answer
 *   q:send_batch(list)     up to 10 bodies, or {body=, delay=, ...} -> {Successful, Failed}, nil when empty
 *   q:receive(o)           max, wait, visibility -> list of messages as SQS gives them
 *   q:delete(message)      or its ReceiptHandle
 *   t:publish(body [, o])  subject, attributes, group, deduplication -> Publish's answer
 *
 * attributes = {name = string, number or aws.binary}.  An option that a method does not know is an error. */
#include "lib.h"

#include "base/codec.h"

/* --- options ------------------------------------------------------------------------------------------- */

enum kind { TEXT, COUNT, ATTRIBUTES, OWN };
struct option {
    const char *name, *member;
    enum kind kind;
};

#define FIFO                                                                                                 \
    {"group", "MessageGroupId", TEXT},                                                                       \
    {                                                                                                        \
        "deduplication", "MessageDeduplicationId", TEXT                                                      \
    }
static const struct option for_send[] = {
    {"delay", "DelaySeconds", COUNT}, {"attributes", "MessageAttributes", ATTRIBUTES}, FIFO, {0}};
static const struct option for_entry[] = {{"body", NULL, OWN},
                                          {"delay", "DelaySeconds", COUNT},
                                          {"attributes", "MessageAttributes", ATTRIBUTES},
                                          FIFO,
                                          {0}};
static const struct option for_receive[] = {{"max", "MaxNumberOfMessages", COUNT},
                                            {"wait", "WaitTimeSeconds", COUNT},
                                            {"visibility", "VisibilityTimeout", COUNT},
                                            {0}};
static const struct option for_publish[] = {
    {"subject", "Subject", TEXT}, {"attributes", "MessageAttributes", ATTRIBUTES}, FIFO, {0}};

static int raw_field(lua_State *L, int t, const char *name)
{
    lua_pushstring(L, name);
    return lua_rawget(L, t);
}

static void put_number_text(lua_State *L, int idx, struct buf *out)
{
    buf_char(out, '"');
    json_put(L, idx, out, 0);
    buf_char(out, '"');
}

/* {"name":{"DataType":"String","StringValue":"..."},...} */
static void put_attributes(lua_State *L, int t, struct buf *out)
{
    bool some = false;
    luaL_checktype(L, t, LUA_TTABLE);
    buf_char(out, '{');
    lua_pushnil(L);
    while (lua_next(L, t)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "an attribute's name must be a string");
        if (some)
            buf_char(out, ',');
        some = true;
        json_put(L, -2, out, 0);
        if (lua_type(L, -1) == LUA_TNUMBER) {
            buf_z(out, ":{\"DataType\":\"Number\",\"StringValue\":");
            put_number_text(L, -1, out);
        } else if (lib_is(L, -1, SLOT_BINARY)) {
            buf_z(out, ":{\"DataType\":\"Binary\",\"BinaryValue\":\"");
            raw_field(L, lua_gettop(L), "bytes");
            codec_base64(out, lib_str(L, -1));
            buf_char(out, '"');
            lua_pop(L, 1);
        } else if (lua_type(L, -1) == LUA_TSTRING) {
            buf_z(out, ":{\"DataType\":\"String\",\"StringValue\":");
            json_put(L, -1, out, 0);
        } else {
            luaL_error(L, "attribute '%s' must be a string, a number or aws.binary", lua_tostring(L, -2));
        }
        buf_char(out, '}');
        lua_pop(L, 1);
    }
    buf_char(out, '}');
}

static void check_options(lua_State *L, int t, const struct option *known)
{
    luaL_checktype(L, t, LUA_TTABLE);
    lua_pushnil(L);
    while (lua_next(L, t)) {
        const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "a number";
        const struct option *o = known;
        while (o->name && strcmp(o->name, name) != 0)
            o++;
        if (!o->name)
            luaL_error(L, "unknown option '%s'", name);
        lua_pop(L, 1);
    }
}

/* The option's value is at the top. */
static void put_option(lua_State *L, const struct option *o, struct buf *out)
{
    if (o->kind == TEXT && lua_type(L, -1) != LUA_TSTRING)
        luaL_error(L, "option '%s' must be a string", o->name);
    if (o->kind == COUNT && !lua_isinteger(L, -1))
        luaL_error(L, "option '%s' must be an integer", o->name);
    buf_printf(out, ",\"%s\":", o->member);
    if (o->kind == ATTRIBUTES)
        put_attributes(L, lua_gettop(L), out);
    else
        json_put(L, -1, out, 0);
}

static void put_options(lua_State *L, int t, const struct option *known, struct buf *out)
{
    if (lua_isnoneornil(L, t))
        return;
    check_options(L, t, known);
    for (; known->name; known++) {
        if (raw_field(L, t, known->name) != LUA_TNIL && known->kind != OWN)
            put_option(L, known, out);
        lua_pop(L, 1);
    }
}

/* A body as the message's text: strings as they are, all else as JSON.  Replaces what is at `idx`. */
static void make_text(lua_State *L, int idx)
{
    if (lua_type(L, idx) == LUA_TSTRING)
        return;
    luaL_checkany(L, idx);
    json_push(L, idx, 0);
    lua_replace(L, idx);
}

/* --- objects: {url = ...}, {arn = ...} ----------------------------------------------------------------- */

/* {"QueueUrl":"..." */
static struct buf *begin(lua_State *L, enum env_slot slot, const char *own, const char *member)
{
    struct buf *out;
    luaL_argcheck(L, lib_is(L, 1, slot), 1, "an object of aws expected; call with a colon, q:send(body)");
    out = lib_out(L);
    buf_printf(out, "{\"%s\":", member);
    raw_field(L, 1, own);
    json_put(L, -1, out, 0);
    lua_pop(L, 1);
    return out;
}

static struct buf *begin_queue(lua_State *L)
{
    return begin(L, SLOT_QUEUE, "url", "QueueUrl");
}

static int answered(lua_State *L, int status, lua_KContext ctx)
{
    (void)status, (void)ctx;
    json_take(L, fault_or_answer(L));
    return 1;
}

static int queue_send(lua_State *L)
{
    lua_settop(L, 3);
    make_text(L, 2);
    struct buf *out = begin_queue(L);
    buf_z(out, ",\"MessageBody\":");
    json_put(L, 2, out, 0);
    put_options(L, 3, for_send, out);
    buf_char(out, '}');
    return env_call(L, STR("sqs"), STR("SendMessage"), 0, answered);
}

/* An element of a batch that has a `body` is a message with options; all else is a body. */
static bool has_body(lua_State *L, int idx)
{
    if (!lua_istable(L, idx))
        return false;
    bool has = raw_field(L, idx, "body") != LUA_TNIL;
    lua_pop(L, 1);
    return has;
}

/* Pushes the list of the texts of all bodies. */
static void push_texts(lua_State *L, lua_Integer n)
{
    lua_createtable(L, (int)n, 0);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, 2, i);
        int entry = lua_gettop(L);
        if (has_body(L, entry)) {
            raw_field(L, entry, "body");
            lua_replace(L, entry);
        }
        make_text(L, entry);
        lua_rawseti(L, -2, i);
    }
}

static int queue_send_batch(lua_State *L)
{
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    lua_Integer n = (lua_Integer)lua_rawlen(L, 2);
    push_texts(L, n);
    struct buf *out = begin_queue(L);
    buf_z(out, ",\"Entries\":[");
    for (lua_Integer i = 1; i <= n; i++) {
        buf_printf(out, "%s{\"Id\":\"%d\",\"MessageBody\":", i > 1 ? "," : "", (int)i);
        lua_rawgeti(L, 3, i);
        json_put(L, -1, out, 0);
        lua_rawgeti(L, 2, i);
        if (has_body(L, lua_gettop(L)))
            put_options(L, lua_gettop(L), for_entry, out);
        lua_settop(L, 3);
        buf_char(out, '}');
    }
    buf_z(out, "]}");
    return env_call(L, STR("sqs"), STR("SendMessageBatch"), 0, answered);
}

static int received(lua_State *L, int status, lua_KContext ctx)
{
    (void)status, (void)ctx;
    json_take(L, fault_or_answer(L));
    if (lua_getfield(L, -1, "Messages") == LUA_TNIL) {
        lua_newtable(L);
        lib_mark(L, SLOT_ARRAY);
    }
    return 1;
}

static int queue_receive(lua_State *L)
{
    lua_settop(L, 2);
    struct buf *out = begin_queue(L);
    put_options(L, 2, for_receive, out);
    buf_z(out, ",\"AttributeNames\":[\"All\"],\"MessageAttributeNames\":[\"All\"]}");
    return env_call(L, STR("sqs"), STR("ReceiveMessage"), 0, received);
}

static int queue_delete(lua_State *L)
{
    lua_settop(L, 2);
    if (lua_istable(L, 2)) {
        raw_field(L, 2, "ReceiptHandle");
        lua_replace(L, 2);
    }
    luaL_checktype(L, 2, LUA_TSTRING);
    struct buf *out = begin_queue(L);
    buf_z(out, ",\"ReceiptHandle\":");
    json_put(L, 2, out, 0);
    buf_char(out, '}');
    return env_call(L, STR("sqs"), STR("DeleteMessage"), 0, answered);
}

static int topic_publish(lua_State *L)
{
    lua_settop(L, 3);
    make_text(L, 2);
    struct buf *out = begin(L, SLOT_TOPIC, "arn", "TopicArn");
    buf_z(out, ",\"Message\":");
    json_put(L, 2, out, 0);
    put_options(L, 3, for_publish, out);
    buf_char(out, '}');
    return env_call(L, STR("sns"), STR("Publish"), 0, answered);
}

/* --- aws.queue and aws.topic --------------------------------------------------------------------------- */

static int object(lua_State *L, enum env_slot slot, const char *member)
{
    lua_createtable(L, 0, 1);
    lua_insert(L, -2);
    lua_setfield(L, -2, member);
    lib_mark(L, slot);
    return 1;
}

/* A name becomes the URL that our own endpoint has for it; a URL stays. */
static int queue(lua_State *L)
{
    const struct function_spec *s = &env_of(L)->x->spec;
    struct str name = lib_str(L, 1);
    if (str_starts(name, STR("http://")) || str_starts(name, STR("https://")))
        lua_pushvalue(L, 1);
    else
        lua_pushfstring(L, "%s/%s/%s", s->endpoint.p ? s->endpoint.p : "", s->account.p ? s->account.p : "",
                        name.p);
    return object(L, SLOT_QUEUE, "url");
}

static int topic(lua_State *L)
{
    const struct function_spec *s = &env_of(L)->x->spec;
    struct str name = lib_str(L, 1);
    if (str_starts(name, STR("arn:")))
        lua_pushvalue(L, 1);
    else
        lua_pushfstring(L, "arn:aws:sns:%s:%s:%s", s->region.p ? s->region.p : "",
                        s->account.p ? s->account.p : "", name.p);
    return object(L, SLOT_TOPIC, "arn");
}

static void open_class(lua_State *L, enum env_slot slot, const luaL_Reg *methods)
{
    lib_new_mark(L, slot, methods);
    lua_rawgeti(L, LUA_REGISTRYINDEX, slot);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}

void aws_queue_open(lua_State *L)
{
    static const luaL_Reg functions[] = {{"queue", queue}, {"topic", topic}, {NULL, NULL}};
    static const luaL_Reg queue_methods[] = {
        {"send", queue_send},
        {"send_batch", queue_send_batch},
        {"receive", queue_receive},
        {"delete", queue_delete},
        {NULL, NULL},
    };
    static const luaL_Reg topic_methods[] = {{"publish", topic_publish}, {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
    open_class(L, SLOT_QUEUE, queue_methods);
    open_class(L, SLOT_TOPIC, topic_methods);
}
