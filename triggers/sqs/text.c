#include "text.h"
#include "base/codec.h"
#include <string.h>

/* A block of plain text: nothing below a blank, nothing above ASCII.  Without an early end, so that a
 * compiler does it in a few vector instructions. */
enum { BLOCK = 32 };
static bool block_plain(const unsigned char *p)
{
    unsigned char special = 0;
    for (int i = 0; i < BLOCK; i++)
        special |= (unsigned char)((p[i] < 0x20) | (p[i] >= 0x80));
    return !special;
}

/* #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF, in UTF-8 */
bool text_fits(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    bool ascii = true;
    for (size_t i = 0; i < s.n;) {
        if (s.n - i >= BLOCK && block_plain(p + i)) {
            i += BLOCK;
            continue;
        }
        if (p[i] < 0x20 && p[i] != 9 && p[i] != 10 && p[i] != 13)
            return false;
        if (p[i] == 0xEF && s.n - i >= 3 && p[i + 1] == 0xBF && p[i + 2] >= 0xBE)
            return false; /* FFFE, FFFF */
        ascii = ascii && p[i] < 0x80;
        i++;
    }
    return ascii || codec_utf8_valid(s);
}
