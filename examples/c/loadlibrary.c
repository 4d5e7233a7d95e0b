/*
 * Windows: the DLL loaded while the program runs, without an import library: a program that must start where the DLL is
 * not there, or a C++ Builder or Visual C++ 6 project that has no library in its own format.
 *
 *     loadlibrary @evoucher.json TOKEN
 *
 * asks whether the patient has verified the password. It ends with 0 when the settlement may go on.
 */

#include <stdio.h>
#include <string.h>
#include <windows.h>

/* As evoucher.h declares them; __cdecl is what C and C++ call by themselves. */
typedef int(__cdecl *ev_open_function)(const char *config, int *client);
typedef int(__cdecl *ev_close_function)(int client);
typedef int(__cdecl *ev_ask_function)(int client, const char *request, char *reply, int reply_size);
typedef int(__cdecl *ev_field_function)(int client, const char *json, const char *path, char *value, int value_size);

int main(int argc, char **argv)
{
    static char reply[8192];
    char request[256], next[32] = "";
    int client = 0, code;
    HMODULE dll;
    ev_open_function ev_open;
    ev_close_function ev_close;
    ev_ask_function ev_token_pwd_stas;
    ev_field_function ev_field;

    if (argc != 3 || strlen(argv[2]) > 40) {
        printf("loadlibrary @evoucher.json TOKEN\n");
        return 2;
    }
    dll = LoadLibraryA("evoucher.dll");
    if (!dll) {
        /* 126: not found; 193: of the other bitness */
        printf("evoucher.dll: error %lu\n", (unsigned long)GetLastError());
        return 2;
    }
    ev_open = (ev_open_function)(void *)GetProcAddress(dll, "ev_open");
    ev_close = (ev_close_function)(void *)GetProcAddress(dll, "ev_close");
    ev_token_pwd_stas = (ev_ask_function)(void *)GetProcAddress(dll, "ev_token_pwd_stas");
    ev_field = (ev_field_function)(void *)GetProcAddress(dll, "ev_field");
    if (!ev_open || !ev_close || !ev_token_pwd_stas || !ev_field) {
        printf("evoucher.dll is of another version\n");
        return 2;
    }

    code = ev_open(argv[1], &client);
    if (code != 0) {
        printf("ev_open: %d\n", code);
        return 2;
    }
    /* A token is letters, digits and signs that JSON takes as they are. */
    sprintf(request, "{\"token\":\"%s\"}", argv[2]);
    code = ev_token_pwd_stas(client, request, reply, sizeof reply);
    ev_field(client, reply, "next", next, sizeof next);
    printf("%d, next: %s\n%s\n", code, next, reply);
    ev_close(client);
    return strcmp(next, "settle") != 0;
}
