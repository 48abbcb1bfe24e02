/* What a text in SQS may hold: the characters of XML 1.0. */
#ifndef SQS_TEXT_H
#define SQS_TEXT_H

#include "base/str.h"

/* "Invalid characters found. ..." when it is false */
bool text_fits(struct str s);

#endif
