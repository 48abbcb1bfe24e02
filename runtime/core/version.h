/* The version that `tidepool version`, health and the Server header tell. */
#ifndef CORE_VERSION_H
#define CORE_VERSION_H

#define TIDEPOOL_VERSION "0.1.0"

#endif
