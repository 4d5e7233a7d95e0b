/* What the C tests share: a check that says where it failed, and an end that says how many there were. */

#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>

static int checks, failures;

static void check(int holds, const char *what, const char *file, int line)
{
    checks++;
    if (!holds) {
        failures++;
        printf("FAILED %s:%d: %s\n", file, line, what);
    }
}

#define CHECK(condition) check((condition), #condition, __FILE__, __LINE__)

/* A test that checked nothing has not passed. */
static int verdict(void)
{
    printf("%d checks, %d failed\n", checks, failures);
    return checks == 0 || failures != 0;
}

#endif
