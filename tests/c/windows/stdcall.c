/* The stack pointer around a call of every function, in both conventions: stdcall.exe, 32 bits only.
   functions.inc is made from evoucher.h: F(cdecl name, stdcall name, number of arguments). */

#include <stdint.h>
#include <string.h>
#include <windows.h>

#include "check.h"

typedef struct {
    const char *cdecl_name, *stdcall_name;
    int arguments;
} function;

static const function functions[] = {
#define F(cdecl_name, stdcall_name, arguments) {#cdecl_name, #stdcall_name, arguments},
#include "functions.inc"
#undef F
};

/* Pushes arguments, calls, and tells by how many bytes the callee moved the stack pointer. The register that keeps the
   stack pointer is one that a callee must preserve. */
static int32_t call(FARPROC target, int count, const int32_t *arguments, int32_t *moved)
{
    int32_t result;
    __asm__ volatile(
        "movl %%esp, %%esi\n\t"
        "1: testl %%ecx, %%ecx\n\t"
        "jz 2f\n\t"
        "pushl -4(%%ebx,%%ecx,4)\n\t"
        "decl %%ecx\n\t"
        "jmp 1b\n"
        "2: movl %%esp, %%ebx\n\t"
        "call *%%eax\n\t"
        "movl %%esp, %%edi\n\t"
        "movl %%esi, %%esp\n\t"
        "subl %%ebx, %%edi\n\t"
        : "=a"(result), "=D"(*moved), "+b"(arguments), "+c"(count)
        : "a"(target)
        : "esi", "edx", "memory", "cc");
    return result;
}

int main(void)
{
    /* NULL and 0 everywhere: every function answers that, and nothing is sent. */
    static const int32_t nothing[8];
    char version[1024] = "";
    int32_t arguments[2] = {(int32_t)(intptr_t)version, sizeof version};
    HMODULE dll = LoadLibraryA("evoucher.dll");
    int32_t moved;
    size_t i;

    CHECK(dll != NULL);
    for (i = 0; i < sizeof functions / sizeof *functions; i++) {
        const function *f = &functions[i];
        FARPROC cdecl_one = GetProcAddress(dll, f->cdecl_name);
        FARPROC stdcall_one = GetProcAddress(dll, f->stdcall_name);
        int32_t cdecl_result, stdcall_result;
        CHECK(cdecl_one != NULL);
        CHECK(stdcall_one != NULL);
        if (!cdecl_one || !stdcall_one)
            continue;
        cdecl_result = call(cdecl_one, f->arguments, nothing, &moved);
        check(moved == 0, f->cdecl_name, __FILE__, __LINE__);
        stdcall_result = call(stdcall_one, f->arguments, nothing, &moved);
        check(moved == 4 * f->arguments, f->stdcall_name, __FILE__, __LINE__);
        check(cdecl_result == stdcall_result || strcmp(f->cdecl_name, "ev_last_reply_size") == 0, f->stdcall_name,
              __FILE__, __LINE__);
    }

    CHECK(call(GetProcAddress(dll, "EvVersion"), 2, arguments, &moved) == 0);
    CHECK(moved == 8);
    CHECK(strncmp(version, "{\"code\":0", 9) == 0);
    return verdict();
}
