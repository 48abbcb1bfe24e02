/* The order of bytes in what is stored: little end first, on every machine, so that a folder may move to
 * another. Each is its own inverse; on little-endian machines they cost nothing. */
#ifndef BASE_ORDER_H
#define BASE_ORDER_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t order_u32(uint32_t v)
{
    return htole32(v);
}

static inline int64_t order_i64(int64_t v)
{
    return (int64_t)htole64((uint64_t)v);
}

static inline double order_double(double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof(bits));
    bits = htole64(bits);
    memcpy(&v, &bits, sizeof(v));
    return v;
}

#endif
