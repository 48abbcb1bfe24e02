/* The composition root: the only file that sees every room. */
#include "api/api.h"
#include "bus/bus.h"
#include "cli/cli.h"
#include "control/control.h"
#include "dynamodb/dynamodb.h"
#include "events/events.h"
#include "lambda/lambda.h"
#include "lambda/worker/worker.h"
#include "sns/sns.h"
#include "sqs/sqs.h"
#include "sts/sts.h"
#include "template/template.h"

static const struct service *const services[] = {
    &lambda_service,      &dynamodb_service,     &dynamodbstreams_service,
    &sqs_service,         &sns_service,          &sts_service,
    &apigateway_service,  &apigatewayv2_service, &execute_api_service,
    &bus_mapping_service, &bus_push_service,     &events_service,
    &control_service,     &template_service,     NULL,
};

int main(int argc, char **argv, char **env)
{
    struct cli cli = {.services = services, .worker = worker_main};
    return cli_main(&cli, argc, argv, env);
}
