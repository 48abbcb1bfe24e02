/* Scan: all items of a table or index, in no useful order, whole or one segment of it. */
#include "catalog.h"
#include "ops.h"
#include "page.h"
#include "write.h"

static const struct shape_row in[] = {
    PAGE_TABLE_NAME,
    PAGE_COMMON,
    IN_TREE(page_in, scan_filter, "ScanFilter"),
    IN_INT(page_in, total_segments, "TotalSegments", .min = 1, .max = 1000000),
    IN_INT(page_in, segment, "Segment", .min = 0, .max = 999999),
    SHAPE_END,
};

static bool check_segments(const struct page_in *req, struct wrong *w)
{
    bool segment = req->segment != SHAPE_NO_INT, total = req->total_segments != SHAPE_NO_INT;
    if (segment && !total)
        return wrong_value(w,
                           "The TotalSegments parameter is required but was not present in the request when "
                           "Segment parameter is present");
    if (total && !segment)
        return wrong_value(
            w, "The Segment parameter is required but was not present in the request when parameter "
               "TotalSegments is present");
    if (total && req->segment >= req->total_segments)
        return wrong_value(
            w,
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
            "Segment: %lld is not less than TotalSegments: %lld",
            (long long)req->segment, (long long)req->total_segments);
    return true;
}

static void set_range(struct page *p)
{
    const struct page_in *req = p->in;
    struct key all;
    whole_key(&all, p->table, p->index);
    key_after(&p->to, key_view(&all));
    p->from = all;
    if (req->total_segments == SHAPE_NO_INT)
        return;
    segment_key(&p->from, (uint64_t)req->segment, (uint64_t)req->total_segments);
    if (req->segment + 1 == req->total_segments)
        return;
    key_release(&p->to);
    whole_key(&p->to, p->table, p->index);
    segment_key(&p->to, (uint64_t)req->segment + 1, (uint64_t)req->total_segments);
}

/* A start key must lie in the segment that it goes on with. */
static bool check_start(struct page *p, const struct key *from, struct wrong *w)
{
    bool inside = str_cmp(key_view(&p->from), key_view(from)) >= 0 &&
                  str_cmp(key_view(&p->from), key_view(&p->to)) <= 0;
    return !p->start || inside ||
           wrong_value(w,
                       "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use "
                       "ExclusiveStartKey with correct Segment. TotalSegments: %lld Segment: %lld",
                       (long long)p->in->total_segments, (long long)p->in->segment);
}

static enum op_end run(struct call *c, const void *input)
{
    struct wrong w = wrong_none(&c->arena);
    struct page p;
    enum op_end end;
    if (!check_segments(input, &w))
        return wrong_end(c, &w);
    if (!page_read(&p, c, input, &end))
        return end;
    set_range(&p);
    struct key from;
    key_init(&from, "");
    key_cut(&from, 0);
    key_raw(&from, key_view(&p.from));
    page_start(&p);
    bool inside = check_start(&p, &from, &w);
    key_release(&from);
    if (inside)
        return page_answer(&p);
    key_release(&p.from);
    key_release(&p.to);
    return wrong_end(c, &w);
}

const struct op_row ddb_scan = {"Scan", run, in, sizeof(struct page_in), .flags = 0};
