/* A program without any C run-time, linked by lld-link with the import libraries for Visual C++. It ends with 42 when
   both conventions' functions answered (on 64 bits they are one). */

#include "evoucher.h"

int start(void)
{
    static char reply[1024], again[1024];

    if (ev_version(reply, sizeof reply) != 0 || reply[0] != '{')
        return 1;
    if (EvVersion(again, sizeof again) != 0 || again[0] != '{')
        return 2;
    return 42;
}
