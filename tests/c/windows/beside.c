/* evoucher.json beside the DLL, in a directory with Chinese characters and spaces, with the current directory
   elsewhere: beside DIRECTORY TOKEN. DIRECTORY holds evoucher.dll, evoucher.json and, in elsewhere, another
   evoucher.json that must not be read. */

#include <string.h>
#include <windows.h>

#include "check.h"

typedef int(__cdecl *trans_function)(const char *, const char *, char *, int);

int main(int argc, char **argv)
{
    static const wchar_t name[] = L"\\\x533B\x9662 \x63A5\x53E3\\";
    WCHAR base[MAX_PATH], place[MAX_PATH], from[MAX_PATH], to[MAX_PATH];
    static const WCHAR *files[] = {L"evoucher.dll", L"evoucher.json"};
    char request[512], reply[8192] = "";
    HMODULE dll;
    trans_function trans;
    int i;

    if (argc != 3)
        return 2;
    MultiByteToWideChar(CP_ACP, 0, argv[1], -1, base, MAX_PATH);
    lstrcpyW(place, base);
    lstrcatW(place, name);
    CreateDirectoryW(place, NULL);
    for (i = 0; i < 2; i++) {
        lstrcpyW(from, base);
        lstrcatW(from, L"\\");
        lstrcatW(from, files[i]);
        lstrcpyW(to, place);
        lstrcatW(to, files[i]);
        CHECK(CopyFileW(from, to, FALSE));
    }
    lstrcpyW(from, base);
    lstrcatW(from, L"\\elsewhere");
    CHECK(SetCurrentDirectoryW(from));

    lstrcpyW(to, place);
    lstrcatW(to, L"evoucher.dll");
    dll = LoadLibraryW(to);
    CHECK(dll != NULL);
    trans = (trans_function)(void *)GetProcAddress(dll, "ev_trans");
    CHECK(trans != NULL);
    if (trans) {
        snprintf(request, sizeof request, "{\"transType\":\"signedQuery\",\"data\":{\"token\":\"%s\"}}", argv[2]);
        CHECK(trans(NULL, request, reply, sizeof reply) == 0);
        CHECK(strstr(reply, "get_certificate") != NULL);
        printf("%s\n", reply);
    }
    return verdict();
}
