/* A program has several files: the header in each, and no function twice. */
#include "evoucher.hpp"

const char *label_of_another_file() {
    return evoucher::label(evoucher::Next::settle);
}
