/* What the C tests share: one line a failure, and the count of them for an exit code. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <string.h>

static int failures = 0;

#define CHECK(condition, what)                                                   \
    do {                                                                         \
        if (!(condition)) {                                                      \
            printf("%s:%d: %s: %s\n", __FILE__, __LINE__, #condition, (what));   \
            failures++;                                                          \
        }                                                                        \
    } while (0)

#endif
