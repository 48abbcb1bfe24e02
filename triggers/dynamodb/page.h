/* One page of a Query or Scan: the request they share, and the walk over a range of items or entries. */
#ifndef DYNAMODB_PAGE_H
#define DYNAMODB_PAGE_H

#include "store.h"
#include "units.h"

#define PAGE_BYTES_MAX (1024u * 1024)
#define PAGE_TEXT_MAX (8u << 20) /* of JSON: a page of long numbers ends early */

struct page_in {
    struct str table_name, index_name, select, projection, filter, key_condition, capacity;
    const cJSON *names, *values, *start_key;
    const cJSON *attributes_to_get, *query_filter, *scan_filter, *key_conditions,
        *conditional_operator; /* legacy */
    int64_t limit, segment, total_segments;
    int consistent, forward;
};

enum page_select { SELECT_ALL, SELECT_PROJECTED, SELECT_SPECIFIC, SELECT_COUNT };

struct page {
    struct call *call;
    const struct page_in *in;
    struct table *table;
    struct index *index;           /* NULL: the table itself */
    const struct key_schema *keys; /* of the index or the table */
    enum page_select select;
    bool fetch; /* a local index: whole items are read from the table */
    struct expr *key_condition, *filter;
    struct projection *projection;
    const struct attr *start; /* ExclusiveStartKey */
    struct key from, to;      /* the range */
    bool reverse;
    const struct attr
        *edge; /* the range key where the range ends, when only one item can be there; or NULL */
};

/* Reads all but the range: finds the table and index, parses the expressions, checks what fits together.
 * False: the call has its fault in *end. */
bool page_read(struct page *p, struct call *c, const struct page_in *in, enum op_end *end);

/* Walks the range and answers.  Releases the keys. */
enum op_end page_answer(struct page *p);

/* The position of the start key in the range; the walk goes on behind it. */
void page_start(struct page *p);

#define PAGE_TABLE_NAME                                                                                      \
    IN_STR(page_in, table_name, "TableName", .flags = SHAPE_REQ, .min = 3, .max = 1024,                      \
           .pattern = TABLE_NAME_PATTERN, .match = table_name_spelled)
#define PAGE_COMMON                                                                                          \
    IN_STR(page_in, index_name, "IndexName", .min = 3, .max = 255, .pattern = TABLE_NAME_PATTERN,            \
           .match = table_name_spelled),                                                                     \
        IN_TREE(page_in, attributes_to_get, "AttributesToGet"),                                              \
        IN_INT(page_in, limit, "Limit", .min = 1, .max = INT32_MAX),                                         \
        IN_STR(page_in, select, "Select", .one_of = page_select_enum),                                       \
        IN_TREE(page_in, conditional_operator, "ConditionalOperator"),                                       \
        IN_MAP(page_in, start_key, "ExclusiveStartKey", .flags = SHAPE_ZEROS),                               \
        IN_STR(page_in, capacity, "ReturnConsumedCapacity", .one_of = return_capacity_enum),                 \
        IN_STR(page_in, projection, "ProjectionExpression"), IN_STR(page_in, filter, "FilterExpression"),    \
        IN_MAP(page_in, names, "ExpressionAttributeNames", .flags = SHAPE_ZEROS),                            \
        IN_MAP(page_in, values, "ExpressionAttributeValues", .flags = SHAPE_ZEROS),                          \
        IN_BOOL(page_in, consistent, "ConsistentRead")

extern const char *const page_select_enum[];

#endif
