# For students: what a release can do about its lab.  Included by the Makefile.

## FROM=           `make carry`: the tree of an earlier release, with your work in it
FROM ?=
.PHONY: carry
carry: ## take your work of earlier labs over from FROM=
	@sh labs/carry.sh $(call quoted,$(FROM)) $(call quoted,$(LAB))
