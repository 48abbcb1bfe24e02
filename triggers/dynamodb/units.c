#include "units.h"

#include "answer.h"

enum report report_of(struct str s)
{
    return str_is(s, "TOTAL") ? REPORT_TOTAL : str_is(s, "INDEXES") ? REPORT_INDEXES : REPORT_NONE;
}

static double blocks(size_t bytes, size_t block)
{
    return bytes ? (double)((bytes + block - 1) / block) : 1;
}

double units_read(size_t bytes, bool consistent)
{
    return blocks(bytes, 4096) * (consistent ? 1 : 0.5);
}

double units_write(size_t bytes)
{
    return blocks(bytes, 1024);
}

void units_add_index(struct arena *a, struct units *u, const struct table *t, size_t index, double n)
{
    if (!u->indexes)
        u->indexes = arena_zalloc(a, t->index_count * sizeof *u->indexes);
    u->indexes[index] += n;
}

/* The service always shows a point. */
static void write_units(struct buf *b, double n)
{
    answer_member(b, "CapacityUnits");
    buf_printf(b, "%.1f", n);
}

static void write_indexes(struct buf *b, const char *name, bool global, const struct table *t,
                          const struct units *u)
{
    bool any = false;
    for (size_t i = 0; i < t->index_count; i++)
        any |= t->indexes[i].global == global && u->indexes[i] > 0;
    if (!any)
        return;
    answer_member(b, name);
    buf_char(b, '{');
    for (size_t i = 0; i < t->index_count; i++) {
        if (t->indexes[i].global != global || u->indexes[i] <= 0)
            continue;
        answer_comma(b);
        buf_json(b, t->indexes[i].name);
        buf_z(b, ":{");
        write_units(b, u->indexes[i]);
        buf_char(b, '}');
    }
    buf_char(b, '}');
}

void units_write_answer(struct buf *b, enum report report, struct str name, const struct table *t,
                        const struct units *u)
{
    double total = u->table;
    for (size_t i = 0; u->indexes && i < t->index_count; i++)
        total += u->indexes[i];
    buf_char(b, '{');
    answer_text_member(b, "TableName", name);
    write_units(b, total);
    if (report == REPORT_INDEXES) {
        answer_member(b, "Table");
        buf_char(b, '{');
        write_units(b, u->table);
        buf_char(b, '}');
        if (u->indexes) {
            write_indexes(b, "LocalSecondaryIndexes", false, t, u);
            write_indexes(b, "GlobalSecondaryIndexes", true, t, u);
        }
    }
    buf_char(b, '}');
}
