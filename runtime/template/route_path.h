/* What a route's path may be, told where the template says it; the gateway would refuse it later, without a
 * line. */
#ifndef TEMPLATE_ROUTE_PATH_H
#define TEMPLATE_ROUTE_PATH_H

#include "base/str.h"

/* NULL, or what is wrong with the path of a route. */
const char *route_path_problem(struct str path, bool rest);

/* Have two paths parameters of different names at one place?  A REST API's tree has one there. */
bool route_paths_clash(struct str a, struct str b);

#endif
