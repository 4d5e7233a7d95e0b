/* Loading and unloading, from several threads: reload DLL DLLS-THAT-IT-NEEDS... Nothing may grow. */

#include <stdlib.h>
#include <string.h>
#include <windows.h>
#include <winternl.h>

#include "check.h"

enum { THREADS = 4, CYCLES = 500 };

typedef int(__cdecl *version_function)(char *, int);
typedef int(__cdecl *open_function)(const char *, int *);

static const char *dll;
static int calling;
static LONG wrong;

/* One cycle; with calls, through functions that use locks, thread-locals and the heap. */
static void cycle(void)
{
    HMODULE module = LoadLibraryA(dll);
    version_function version;
    open_function open;
    char reply[1024] = "";
    int client = 0;

    if (!module) {
        InterlockedIncrement(&wrong);
        return;
    }
    version = (version_function)(void *)GetProcAddress(module, "ev_version");
    open = (open_function)(void *)GetProcAddress(module, "ev_open");
    if (!version || !open)
        InterlockedIncrement(&wrong);
    else if (calling && (version(reply, sizeof reply) != 0 || reply[0] != '{' || open("{}", &client) == 0))
        InterlockedIncrement(&wrong);
    if (!FreeLibrary(module))
        InterlockedIncrement(&wrong);
}

static DWORD WINAPI cycles(void *unused)
{
    int i;
    (void)unused;
    for (i = 0; i < CYCLES; i++)
        cycle();
    return 0;
}

static void from_several_threads(void)
{
    HANDLE thread[THREADS];
    int i;
    for (i = 0; i < THREADS; i++)
        thread[i] = CreateThread(NULL, 0, cycles, NULL, 0, NULL);
    WaitForMultipleObjects(THREADS, thread, TRUE, INFINITE);
    for (i = 0; i < THREADS; i++)
        CloseHandle(thread[i]);
}

typedef struct {
    int threads, handles, tls;
} usage;

static int free_tls(void)
{
    static DWORD taken[4096];
    int count = 0, i;
    while (count < 4096 && (taken[count] = TlsAlloc()) != TLS_OUT_OF_INDEXES)
        count++;
    for (i = 0; i < count; i++)
        TlsFree(taken[i]);
    return count;
}

/* Counted one by one: GetProcessHandleCount always says 0 in Wine 8. */
static int open_handles(void)
{
    DWORD flags;
    ULONG_PTR handle;
    int count = 0;
    for (handle = 4; handle < 0x10000; handle += 4)
        count += GetHandleInformation((HANDLE)handle, &flags) != 0;
    return count;
}

static usage measure(void)
{
    usage now = {0, 0, 0};
    ULONG size = 1 << 20, used = 0;
    char *all = malloc(size);
    SYSTEM_PROCESS_INFORMATION *process = (SYSTEM_PROCESS_INFORMATION *)all;
    CHECK(NtQuerySystemInformation(SystemProcessInformation, all, size, &used) == 0);
    while ((DWORD)(ULONG_PTR)process->UniqueProcessId != GetCurrentProcessId() && process->NextEntryOffset != 0)
        process = (SYSTEM_PROCESS_INFORMATION *)((char *)process + process->NextEntryOffset);
    now.threads = (int)process->NumberOfThreads;
    now.handles = open_handles();
    free(all);
    now.tls = -free_tls();
    return now;
}

static void same(const char *what, usage before, usage after)
{
    printf("%s: threads %d to %d, handles %d to %d, free thread-local indexes %d to %d\n", what, before.threads,
           after.threads, before.handles, after.handles, -before.tls, -after.tls);
    CHECK(after.threads == before.threads);
    CHECK(after.handles == before.handles);
    CHECK(after.tls == before.tls);
}

/* The measure itself must notice what it is for. */
static void measure_notices(void)
{
    usage before = measure(), after;
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    DWORD index = TlsAlloc();
    HANDLE thread = CreateThread(NULL, 0, cycles, NULL, CREATE_SUSPENDED, NULL);
    after = measure();
    CHECK(after.threads == before.threads + 1);
    CHECK(after.handles == before.handles + 2);
    CHECK(after.tls == before.tls + 1);
    TerminateThread(thread, 0);
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    CloseHandle(event);
    TlsFree(index);
}

int main(int argc, char **argv)
{
    usage before;
    int i;

    if (argc < 2)
        return 2;
    dll = argv[1];
    /* Windows' own DLLs come and go with ours, and some of Wine's leave things behind: they stay. */
    for (i = 2; i < argc; i++)
        CHECK(LoadLibraryA(argv[i]) != NULL);
    measure_notices();

    /* Loaded and never called, as by a host that only looks. What a library takes once for the life of the process is
       taken in the first round. */
    from_several_threads();
    before = measure();
    from_several_threads();
    same("loaded and unloaded", before, measure());

    /* Called: it stays in the process, and FreeLibrary is safe all the same. */
    calling = 1;
    from_several_threads();
    CHECK(GetModuleHandleA(dll) != NULL);
    before = measure();
    from_several_threads();
    same("loaded, called and unloaded", before, measure());
    CHECK(wrong == 0);
    return verdict();
}
