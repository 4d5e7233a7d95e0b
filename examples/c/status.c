/*
 * Has the patient verified the password? Asks once and acts on the answer, as the code behind a
 * cashier's "settle" button would. With a second token argument it goes through one-code pay too.
 *
 *   cc -I include examples/c/status.c -L target/release -levoucher -o status
 *   ./status evoucher.json TOKEN
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evoucher.h"

static int32_t client;
