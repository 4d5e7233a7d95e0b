#!/bin/sh
# $EVOUCHER_GCC, called in $EVOUCHER_TARGET_DIR with the names of its files as they are there: ld puts import tables in the
# order of the files' whole names, among which are the system's own, so that the folder would show in the DLL.
cd "$EVOUCHER_TARGET_DIR" || exit
for argument; do
    shift
    set -- "$@" "${argument#"$EVOUCHER_TARGET_DIR/"}"
done
exec "$EVOUCHER_GCC" "$@"
