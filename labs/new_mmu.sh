#!/bin/sh
# `make new-mmu NAME=name`: begins an MMU of one's own, in mmu/name.
#
#   new_mmu.sh NAME [PARENT]      PARENT: where the folder is made, mmu if not given
#
# Copies labs/skeleton, which is a whole MMU that compiles and maps nothing, under the new name.

name=$1 parent=${2:-mmu} from=labs/skeleton
LC_ALL=C
export LC_ALL

refuse() {
	echo "new-mmu: $*" >&2
	exit 1
}

case $name in
'') refuse "a name is needed: make new-mmu NAME=mine" ;;
[!a-z]* | *[!a-z0-9_]*) refuse "NAME=$name: small letters, digits and _, beginning with a letter" ;;
mmu | host | pt | pte | fmt | tdp | skeleton) refuse "NAME=$name: these names mean something else here" ;;
esac
[ -d "$parent" ] || refuse "there is no folder $parent"
[ ! -e "$parent/$name" ] || refuse "$parent/$name is there already"

upper=$(echo "$name" | tr 'a-z' 'A-Z')
mkdir "$parent/$name" || exit 1
for file in "$from"/*; do
	to=$(basename "$file" | sed "s/skeleton/$name/g")
	sed "s/skeleton/$name/g; s/SKELETON/$upper/g" "$file" > "$parent/$name/$to" || exit 1
done
echo "$parent/$name is there.  It compiles, and maps nothing yet: docs/writing-an-mmu.md says how to go on."
echo "    make qemu MMU=$parent/$name          then: vm run /guest/hello"
echo "    make check-mmu MMU=$parent/$name     what is missing"
