/* Amazon SQS: the service row that the composition root lists. */
#ifndef SQS_SQS_H
#define SQS_SQS_H

#include "door/op.h"

extern const struct service sqs_service;

#endif
