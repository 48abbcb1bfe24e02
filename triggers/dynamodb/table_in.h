/* What CreateTable, PutTable and UpdateTable take: shapes, checks, and how a definition is made of them. */
#ifndef DYNAMODB_TABLE_IN_H
#define DYNAMODB_TABLE_IN_H

#include "model.h"

#define TABLE_GLOBALS_MAX 20 /* indexes */
#define TABLE_LOCALS_MAX 5
#define TABLE_TAGS_MAX 50

struct table_in {
    struct str table_name, billing_mode, table_class;
    const cJSON *definitions, *key_schema, *globals, *locals, *throughput, *stream, *tags;
    const cJSON *index_updates; /* UpdateTable */
    const cJSON *refused[4];    /* what a local machine has not: replicas, policies */
    int protect;
};

extern const struct shape_row table_definitions_rows[], table_key_schema_rows[], table_globals_rows[],
    table_locals_rows[], table_index_rows[], table_throughput_rows[], table_stream_rows[], table_tags_rows[];
extern const char *const table_billing_enum[], *const table_class_enum[];

#define TABLE_IN_COMMON                                                                                      \
    IN_STR(table_in, billing_mode, "BillingMode", .one_of = table_billing_enum),                             \
        IN_STRUCT(table_in, throughput, "ProvisionedThroughput", .of = table_throughput_rows),               \
        IN_STRUCT(table_in, stream, "StreamSpecification", .of = table_stream_rows),                         \
        IN_STR(table_in, table_class, "TableClass", .one_of = table_class_enum),                             \
        IN_BOOL(table_in, protect, "DeletionProtectionEnabled"), OUT_IGNORED("SSESpecification"),            \
        OUT_IGNORED("OnDemandThroughput"), OUT_IGNORED("WarmThroughput")

/* Known, and without effect on one machine: encryption at rest and throughput limits. */
#define OUT_IGNORED(wire_name)                                                                               \
    {                                                                                                        \
        .name = (wire_name), .type = SHAPE_TREE, .flags = SHAPE_IGNORED,                                     \
        .offset = offsetof(struct table_in, refused[3])                                                      \
    }

extern const struct shape_row table_create_rows[]; /* CreateTable's and PutTable's whole input */

/* All rules of a new table. */
bool table_in_check(const struct table_in *in, struct wrong *w);

/* Rules of one index against the table's keys; `names`: how many times indexes of that name were seen is the
 * caller's to check. */
bool table_in_check_index(const cJSON *index, const cJSON *definitions, const cJSON *key_schema, bool global,
                          bool on_demand, struct wrong *w);

/* Each attribute is defined once, and no more of them than keys can use. */
bool table_in_check_definitions(const cJSON *definitions, const cJSON *key_schema, bool indexes,
                                struct wrong *w);

bool table_in_check_tags(const cJSON *tags, struct wrong *w);

/* What all indexes of a table together may project by name. */
bool table_in_check_projected(const cJSON *globals, const cJSON *locals, struct wrong *w);

/* The definition of a new table, with numbers for it and its indexes (see catalog.h).  NULL: *rc. */
cJSON *table_in_define(struct call *c, const struct table_in *in, enum rc *rc);

/* The definition's form of one index, with a new number. */
cJSON *table_in_define_index(struct call *c, const cJSON *index, enum rc *rc);

bool table_in_on_demand(const struct table_in *in);

/* What StreamSpecification asks for. */
bool table_in_stream(const cJSON *spec, bool *enabled, enum stream_view *view, struct wrong *w);

#endif
