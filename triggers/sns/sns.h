/* Amazon SNS: the service row that the composition root lists. */
#ifndef SNS_SNS_H
#define SNS_SNS_H

#include "door/op.h"

extern const struct service sns_service;

#endif
