#!/usr/bin/env bash
# A file includes from its own folder or from the floors below it (ARCHITECTURE.md), never upwards
# and never from a wing beside it.
set -euo pipefail
cd "${top_srcdir:-$(dirname "$0")/../..}"

declare -A may=(
    [base]="base"
    [plan]="plan base"
    [init]="init plan base"
    [spec]="spec base"
    [cgroups]="cgroups spec plan base"
    [image]="image spec base"
    [netns]="netns spec base"
    [runtime]="runtime cgroups spec plan base"
    [helpers]="helpers spec base"
    [engine]="engine runtime cgroups image netns spec plan base"
    [cmd]="cmd engine runtime cgroups image netns spec plan base"
)

bad=0
seen=0
for folder in "${!may[@]}"; do
    while IFS= read -r -d '' file; do
        seen=$((seen + 1))
        while IFS=: read -r line include; do
            # "walk.h" is beside the file; "commit.h" is made by the build for cmd/ alone.
            if [[ $include != */* ]]; then
                [[ -e $folder/$include || ($include == commit.h && $folder == cmd) ]] && continue
                echo "$file:$line: \"$include\" is not in $folder/"
                bad=1
                continue
            fi
            if [[ " ${may[$folder]} " != *" ${include%%/*} "* ]]; then
                echo "$file:$line: $folder/ may not include \"$include\" (it may use: ${may[$folder]})"
                bad=1
            fi
        done < <(sed -nE 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"([^"]+)".*/\1/; t found; b
            :found
            =; p' "$file" | paste -d: - -)
    done < <(find "$folder" -name '*.[chS]' -print0 2>/dev/null)
done

# A folder that the table doesn't know would go unchecked.
for folder in */; do
    folder=${folder%/}
    [[ -n ${may[$folder]:-} || $folder == tests || $folder == bench || -e $folder/config.status ]] && continue
    if [[ -n $(find "$folder" -maxdepth 1 -name '*.[ch]' -print -quit) ]]; then
        echo "$folder/: the include rule's table does not know it"
        bad=1
    fi
done

[[ $seen -gt 0 ]] || { echo "no source file was found"; exit 1; }
exit $bad
