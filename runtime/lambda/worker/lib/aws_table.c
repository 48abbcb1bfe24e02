/* aws.table(name): a DynamoDB table with plain Lua values.
 *
 *   t:put(item [, o])             condition, returns ("ALL_OLD")                      -> old item or nil
 *   t:get(key [, o])              consistent, projection                              -> item or nil
 *   t:update(key, changes [, o])  changes: {attribute = value} or an UpdateExpression;
 *                                 remove = {names}, add = {attribute = number}, condition,
 *                                 returns (ALL_NEW unless said otherwise)             -> item
 *   t:delete(key [, o])           condition, returns                                  -> old item or nil
 *   t:query(o)                    key = {attribute = value} and/or condition; index, filter, projection,
 *                                 limit, descending, consistent, start                -> items, last key
 *   t:scan(o)                     index, filter, projection, limit, consistent, start -> items, last key
 *   t:each(o)                     an iterator over all items of all pages of a query (with key or condition)
 *                                 or of a scan
 *
 * Each takes names = {["#n"] = "name"} and values = {[":v"] = value} for expressions of one's own.  An option
 * that the method does not know is an error. */
#include "lib.h"

/* What a method may be given: option, the member it becomes, how it is written. */
enum kind { TEXT, FLAG, COUNT, ITEM, NAMES, OWN };
struct option {
    const char *name, *member;
    enum kind kind;
};

#define COMMON                                                                                               \
    {"names", NULL, OWN},                                                                                    \
    {                                                                                                        \
        "values", NULL, OWN                                                                                  \
    }
#define READING                                                                                              \
    {"consistent", "ConsistentRead", FLAG},                                                                  \
    {                                                                                                        \
        "projection", "ProjectionExpression", TEXT                                                           \
    }
#define PAGING                                                                                               \
    {"index", "IndexName", TEXT}, {"filter", "FilterExpression", TEXT}, {"limit", "Limit", COUNT},           \
    {                                                                                                        \
        "start", "ExclusiveStartKey", ITEM                                                                   \
    }
static const struct option for_put[] = {
    COMMON, {"condition", "ConditionExpression", TEXT}, {"returns", "ReturnValues", TEXT}, {0}};
static const struct option for_get[] = {{"names", NULL, OWN}, READING, {0}};
static const struct option for_update[] = {COMMON,
                                           {"condition", "ConditionExpression", TEXT},
                                           {"returns", NULL, OWN},
                                           {"remove", NULL, OWN},
                                           {"add", NULL, OWN},
                                           {0}};
static const struct option for_query[] = {
    COMMON, READING, PAGING, {"key", NULL, OWN}, {"condition", NULL, OWN}, {"descending", NULL, OWN}, {0}};
static const struct option for_scan[] = {COMMON, READING, PAGING, {0}};

/* --- reading options: raw, for the guest's code must not run while a text is being written ------------- */

static int raw_field(lua_State *L, int t, const char *name)
{
    if (!lua_istable(L, t)) {
        lua_pushnil(L);
        return LUA_TNIL;
    }
    lua_pushstring(L, name);
    return lua_rawget(L, t);
}

static void check_options(lua_State *L, int t, const struct option *known)
{
    if (lua_isnoneornil(L, t))
        return;
    luaL_checktype(L, t, LUA_TTABLE);
    lua_pushnil(L);
    while (lua_next(L, t)) {
        const struct option *o = known;
        const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "a number";
        while (o->name && strcmp(o->name, name) != 0)
            o++;
        if (!o->name)
            luaL_error(L, "unknown option '%s'", name);
        lua_pop(L, 1);
    }
}

static struct str check_text(lua_State *L, const char *name)
{
    struct str s;
    if (lua_type(L, -1) != LUA_TSTRING)
        luaL_error(L, "option '%s' must be a string", name);
    s.p = lua_tolstring(L, -1, &s.n);
    return s;
}

static void put_option(lua_State *L, const struct option *o, struct buf *out)
{
    int value = lua_gettop(L);
    switch (o->kind) {
    case TEXT:
        buf_printf(out, ",\"%s\":", o->member);
        buf_json(out, check_text(L, o->name));
        return;
    case FLAG:
        buf_printf(out, ",\"%s\":%s", o->member, lua_toboolean(L, value) ? "true" : "false");
        return;
    case COUNT:
        if (!lua_isinteger(L, value))
            luaL_error(L, "option '%s' must be an integer", o->name);
        buf_printf(out, ",\"%s\":%lld", o->member, (long long)lua_tointeger(L, value));
        return;
    case ITEM:
        if (!lua_istable(L, value))
            luaL_error(L, "option '%s' must be a key", o->name);
        buf_printf(out, ",\"%s\":", o->member);
        json_put(L, value, out, JSON_ATTR | JSON_ITEM);
        return;
    default:
        return;
    }
}

static void put_options(lua_State *L, int t, const struct option *known, struct buf *out)
{
    for (; known->name; known++) {
        if (known->kind != OWN && raw_field(L, t, known->name) != LUA_TNIL)
            put_option(L, known, out);
        lua_settop(L, lua_gettop(L) - (known->kind != OWN));
    }
}

/* --- requests ------------------------------------------------------------------------------------------ */

/* Names and values that we make ourselves beside the guest's: "#t1" -> attribute. */
struct request {
    lua_State *L;
    struct buf *out;
    int options;       /* stack index; may hold nil */
    int names, values; /* tables on the stack: placeholder -> name, placeholder -> value */
    int made;
};

static void copy_into(lua_State *L, int from, int to, const char *what)
{
    if (lua_isnil(L, from))
        return;
    if (!lua_istable(L, from))
        luaL_error(L, "option '%s' must be a table", what);
    lua_pushnil(L);
    while (lua_next(L, from)) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, to);
    }
}

/* Checks self and the options, and begins {"TableName":"..." */
static struct request begin(lua_State *L, int options, const struct option *known)
{
    luaL_argcheck(L, lib_is(L, 1, SLOT_TABLE), 1,
                  "a table of aws.table expected; call with a colon, t:get(key)");
    lua_settop(L, options);
    check_options(L, options, known);
    lua_newtable(L);
    lua_newtable(L);
    struct request r = {L, lib_out(L), options, options + 1, options + 2, 0};
    raw_field(L, options, "names");
    copy_into(L, lua_gettop(L), r.names, "names");
    raw_field(L, options, "values");
    copy_into(L, lua_gettop(L), r.values, "values");
    lua_settop(L, r.values);
    buf_z(r.out, "{\"TableName\":");
    raw_field(L, 1, "name");
    buf_json(r.out, check_text(L, "name"));
    lua_settop(L, r.values);
    return r;
}

static void put_item(struct request *r, const char *member, int idx)
{
    luaL_checktype(r->L, idx, LUA_TTABLE);
    buf_printf(r->out, ",\"%s\":", member);
    json_put(r->L, idx, r->out, JSON_ATTR | JSON_ITEM);
}

/* The attribute's name is at -1: makes the placeholder #tN for it; its number. */
static int make_name(struct request *r)
{
    int n = ++r->made;
    if (lua_type(r->L, -1) != LUA_TSTRING)
        luaL_error(r->L, "an attribute's name must be a string");
    lua_pushfstring(r->L, "#t%d", n);
    lua_pushvalue(r->L, -2);
    lua_rawset(r->L, r->names);
    return n;
}

/* "#t1 = :t1, #t2 = :t2" for the table at `t`, with `join` between; true: there was one. */
static bool put_pairs(struct request *r, int t, const char *equals, const char *join)
{
    lua_State *L = r->L;
    bool some = false;
    lua_pushnil(L);
    while (lua_next(L, t)) {
        lua_insert(L, -2); /* value, name */
        int n = make_name(r);
        lua_pushfstring(L, ":t%d", n);
        lua_pushvalue(L, -3);
        lua_rawset(L, r->values);
        buf_printf(r->out, "%s#t%d%s:t%d", some ? join : "", n, equals, n);
        lua_remove(L, -2); /* the name goes on */
        some = true;
    }
    return some;
}

static int send(struct request *r, const char *operation, lua_KContext ctx, lua_KFunction done)
{
    lua_State *L = r->L;
    lua_pushnil(L);
    if (lua_next(L, r->names)) {
        lua_pop(L, 2);
        buf_z(r->out, ",\"ExpressionAttributeNames\":");
        json_put(L, r->names, r->out, 0);
    }
    lua_pushnil(L);
    if (lua_next(L, r->values)) {
        lua_pop(L, 2);
        buf_z(r->out, ",\"ExpressionAttributeValues\":");
        json_put(L, r->values, r->out, JSON_ATTR | JSON_ITEM);
    }
    buf_char(r->out, '}');
    return env_call(L, STR("dynamodb"), str_z(operation), ctx, done);
}

/* --- answers ------------------------------------------------------------------------------------------- */

enum member { ITEM_MEMBER, ATTRIBUTES_MEMBER };

/* The one item of an answer, plain; nil without one. */
static int answered_item(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    json_take(L, fault_or_answer(L));
    lua_getfield(L, -1, ctx == ITEM_MEMBER ? "Item" : "Attributes");
    attr_plain_item(L);
    return 1;
}

/* Pushes items and the last key (or nil). */
static void push_page(lua_State *L)
{
    json_take(L, fault_or_answer(L));
    int answer = lua_gettop(L);
    if (lua_getfield(L, answer, "Items") == LUA_TNIL) {
        lua_pop(L, 1);
        lua_newtable(L);
        lib_mark(L, SLOT_ARRAY);
    }
    lua_Integer n = (lua_Integer)lua_rawlen(L, -1);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, -1, i);
        attr_plain_item(L);
        lua_pop(L, 1);
    }
    lua_getfield(L, answer, "LastEvaluatedKey");
    attr_plain_item(L);
    lua_remove(L, answer);
}

static int answered_page(lua_State *L, int status, lua_KContext ctx)
{
    (void)status, (void)ctx;
    push_page(L);
    return 2;
}

/* --- methods ------------------------------------------------------------------------------------------- */

static int put(lua_State *L)
{
    struct request r = begin(L, 3, for_put);
    put_item(&r, "Item", 2);
    put_options(L, r.options, for_put, r.out);
    return send(&r, "PutItem", ATTRIBUTES_MEMBER, answered_item);
}

static int get(lua_State *L)
{
    struct request r = begin(L, 3, for_get);
    put_item(&r, "Key", 2);
    put_options(L, r.options, for_get, r.out);
    return send(&r, "GetItem", ITEM_MEMBER, answered_item);
}

static int delete_item(lua_State *L)
{
    struct request r = begin(L, 3, for_put);
    put_item(&r, "Key", 2);
    put_options(L, r.options, for_put, r.out);
    return send(&r, "DeleteItem", ATTRIBUTES_MEMBER, answered_item);
}

/* REMOVE #t1, #t2 */
static bool put_removals(struct request *r, int list)
{
    lua_State *L = r->L;
    lua_Integer n = (lua_Integer)lua_rawlen(L, list);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, list, i);
        buf_printf(r->out, "%s#t%d", i == 1 ? " REMOVE " : ", ", make_name(r));
        lua_pop(L, 1);
    }
    return n > 0;
}

/* The UpdateExpression of changes, remove and add; false: there is nothing to change. */
static bool put_changes(struct request *r)
{
    lua_State *L = r->L;
    size_t from = r->out->n;
    bool some = false;
    if (lua_istable(L, 3)) {
        buf_z(r->out, "SET ");
        some = put_pairs(r, 3, " = ", ", ");
        if (!some)
            r->out->n = from;
    }
    if (raw_field(L, r->options, "remove") == LUA_TTABLE)
        some |= put_removals(r, lua_gettop(L));
    if (raw_field(L, r->options, "add") == LUA_TTABLE) {
        buf_z(r->out, " ADD ");
        some |= put_pairs(r, lua_gettop(L), " ", ", ");
    }
    lua_settop(L, r->values);
    return some;
}

static int update(lua_State *L)
{
    struct request r = begin(L, 4, for_update);
    put_item(&r, "Key", 2);
    size_t from = r.out->n;
    buf_z(r.out, ",\"UpdateExpression\":");
    if (lua_type(L, 3) == LUA_TSTRING) {
        buf_json(r.out, lib_str(L, 3));
    } else {
        if (!lua_isnil(L, 3))
            luaL_checktype(L, 3, LUA_TTABLE);
        buf_char(r.out, '"');
        bool some = put_changes(&r);
        buf_char(r.out, '"');
        if (!some)
            r.out->n = from;
    }
    put_options(L, r.options, for_update, r.out);
    buf_z(r.out, ",\"ReturnValues\":");
    if (raw_field(L, r.options, "returns") == LUA_TNIL)
        buf_z(r.out, "\"ALL_NEW\"");
    else
        buf_json(r.out, check_text(L, "returns"));
    lua_settop(L, r.values);
    return send(&r, "UpdateItem", ATTRIBUTES_MEMBER, answered_item);
}

/* "condition AND #t1 = :t1": as JSON text, so the guest's part is escaped and ours needs none. */
static void put_key_condition(struct request *r)
{
    lua_State *L = r->L;
    buf_z(r->out, ",\"KeyConditionExpression\":");
    if (raw_field(L, r->options, "condition") != LUA_TNIL) {
        buf_json(r->out, check_text(L, "condition"));
        if (raw_field(L, r->options, "key") == LUA_TTABLE && !r->out->full) {
            r->out->n--; /* its closing quote */
            buf_z(r->out, " AND ");
            put_pairs(r, lua_gettop(L), " = ", " AND ");
            buf_char(r->out, '"');
        }
    } else {
        if (raw_field(L, r->options, "key") != LUA_TTABLE)
            luaL_error(L, "query: option 'key' (a table) or 'condition' expected");
        buf_char(r->out, '"');
        put_pairs(r, lua_gettop(L), " = ", " AND ");
        buf_char(r->out, '"');
    }
    lua_settop(L, r->values);
}

static int query_page(lua_State *L, lua_KContext ctx, lua_KFunction done)
{
    struct request r = begin(L, 2, for_query);
    put_key_condition(&r);
    put_options(L, r.options, for_query, r.out);
    raw_field(L, r.options, "descending");
    if (lua_toboolean(L, -1))
        buf_z(r.out, ",\"ScanIndexForward\":false");
    lua_settop(L, r.values);
    return send(&r, "Query", ctx, done);
}

static int scan_page(lua_State *L, lua_KContext ctx, lua_KFunction done)
{
    struct request r = begin(L, 2, for_scan);
    put_options(L, r.options, for_scan, r.out);
    return send(&r, "Scan", ctx, done);
}

static int query(lua_State *L)
{
    return query_page(L, 0, answered_page);
}

static int scan(lua_State *L)
{
    return scan_page(L, 0, answered_page);
}

/* --- each: upvalues are table, options, items, index of the last one given, is there more -------------- */

enum { EACH_TABLE = 1, EACH_OPTIONS, EACH_ITEMS, EACH_INDEX, EACH_MORE, EACH_COUNT = EACH_MORE };

static int next_item(lua_State *L);

static int page_came(lua_State *L, int status, lua_KContext ctx)
{
    (void)status, (void)ctx;
    push_page(L);
    lua_pushboolean(L, !lua_isnil(L, -1));
    lua_replace(L, lua_upvalueindex(EACH_MORE));
    lua_setfield(L, lua_upvalueindex(EACH_OPTIONS), "start");
    lua_replace(L, lua_upvalueindex(EACH_ITEMS));
    lua_pushinteger(L, 0);
    lua_replace(L, lua_upvalueindex(EACH_INDEX));
    lua_settop(L, 0);
    return next_item(L);
}

static int next_item(lua_State *L)
{
    lua_Integer i = lua_tointeger(L, lua_upvalueindex(EACH_INDEX)) + 1;
    lua_settop(L, 0);
    if (lua_rawgeti(L, lua_upvalueindex(EACH_ITEMS), i) != LUA_TNIL) {
        lua_pushinteger(L, i);
        lua_replace(L, lua_upvalueindex(EACH_INDEX));
        return 1;
    }
    if (!lua_toboolean(L, lua_upvalueindex(EACH_MORE)))
        return 1; /* nil: the end */
    lua_settop(L, 0);
    lua_pushvalue(L, lua_upvalueindex(EACH_TABLE));
    lua_pushvalue(L, lua_upvalueindex(EACH_OPTIONS));
    bool keyed = raw_field(L, 2, "key") != LUA_TNIL;
    keyed |= raw_field(L, 2, "condition") != LUA_TNIL;
    lua_settop(L, 2);
    return keyed ? query_page(L, 0, page_came) : scan_page(L, 0, page_came);
}

static int each(lua_State *L)
{
    luaL_argcheck(L, lib_is(L, 1, SLOT_TABLE), 1,
                  "a table of aws.table expected; call with a colon, t:each{}");
    lua_settop(L, 2);
    lua_newtable(L); /* a copy of the options, in which `start` moves on */
    copy_into(L, 2, 3, "options");
    lua_replace(L, 2);
    lua_newtable(L);
    lua_pushinteger(L, 0);
    lua_pushboolean(L, 1);
    lua_pushcclosure(L, next_item, EACH_COUNT);
    return 1;
}

/* --- aws.table ----------------------------------------------------------------------------------------- */

static int table(lua_State *L)
{
    luaL_checkstring(L, 1);
    lua_createtable(L, 0, 1);
    lua_pushvalue(L, 1);
    lua_setfield(L, -2, "name");
    lib_mark(L, SLOT_TABLE);
    return 1;
}

void aws_table_open(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"put", put},     {"get", get},   {"update", update}, {"delete", delete_item},
        {"query", query}, {"scan", scan}, {"each", each},     {NULL, NULL},
    };
    lua_pushcfunction(L, table);
    lua_setfield(L, -2, "table");
    lib_new_mark(L, SLOT_TABLE, methods);
    lua_rawgeti(L, LUA_REGISTRYINDEX, SLOT_TABLE);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}
