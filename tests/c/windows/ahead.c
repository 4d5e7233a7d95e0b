/* Two payments in one program: ahead CONFIG QUICK LATE. CONFIG is as for ev_open, the other two are tokens, of a centre
   that answers its question within two seconds, and of one that does not. */

#include "check.h"
#include "evoucher.h"

int main(int argc, char **argv)
{
    char request[512], reply[8192] = "";
    int32_t client = -1;
    int i;

    if (argc != 4)
        return 2;
    CHECK(ev_open(argv[1], &client) == EV_OK);
    for (i = 2; i < argc; i++) {
        snprintf(request, sizeof request,
                 "{\"token\":\"%s\",\"ownPaySetlAmt\":\"12.30\",\"fixmedinsTrnsSn\":\"%s\"}", argv[i], argv[i]);
        CHECK(ev_one_code_pay(client, request, reply, sizeof reply) == EV_OK);
        printf("%s\n", reply);
    }
    CHECK(ev_close(client) == EV_OK);
    return verdict();
}
