/* API Gateway: three services that share one model.
 *
 *   apigateway     REST APIs' management (and what the template makes: PutApi, PutApiKey, PutUsagePlan ...)
 *   apigatewayv2   HTTP APIs' management
 *   execute-api    Handle: one request to an API */
#ifndef API_API_H
#define API_API_H

#include "door/op.h"

extern const struct service apigateway_service, apigatewayv2_service, execute_api_service;

extern const struct op_row api_handle;

/* Noted when APIs have come, gone or moved. */
#define APIS_ARN "tidepool:apis"

#endif
