# For students: what a release can do about its lab.  Included by the Makefile.

LAB_BANNER = $(if $(LAB),sh labs/banner.sh $(call quoted,$(LAB)) '$(MMU_NAME)' || exit;)

### Your lab
## FROM=           `make carry`: the tree of an earlier release, with your work in it
FROM ?=
.PHONY: carry
carry: ## take your work of earlier labs over from FROM=
	@sh labs/carry.sh $(call quoted,$(FROM)) $(call quoted,$(LAB))

# ---- Grading ------------------------------------------------------------------------------------------------------
# labs/grade.sh does it all; the targets without a comment are its parts.

## LAB=            `make grade`, `make next`, `make htest`: the lab; a release knows its own
## T=              ... a pattern of case names, such as T='laws.*': those alone, and no total
## SOAK=           `make grade`: n: with seeds 1 to n, until a case fails; SEED=n: with that one
## N=20            `make flaky`: how often; LOAD=1: while the host computes
## PLAIN=0         ... 1: no colour
PLAIN ?= 0
grade_lab = @MAKE='$(MAKE)' sh labs/grade.sh $(MAKEOVERRIDES) O=$(O) LAB=$(call quoted,$(LAB)) ARCH='$(GRADE_ARCH)' \
	SEED='$(SEED)' T=$(call quoted,$(T)) V='$(V)' PLAIN='$(PLAIN)' $(1)

.PHONY: grade next hint reading flaky grade-programs grade-kernel grade-run
grade: ## what your work is worth: ARCH=all for both machines; results for programs in build/grade
	$(call grade_lab)
next: ## run to the first case that fails
	$(call grade_lab,NEXT=1)
hint: ## a question, and then a pointer, for T=case that failed
	@sh labs/hint.sh $(MAKEOVERRIDES) O=$(O) LAB=$(call quoted,$(LAB)) T=$(call quoted,$(T))
reading: ## the files to read for the lab, and how many lines they have
	@sh labs/reading.sh $(call quoted,$(LAB))
flaky: ## does the grade come out the same N=20 times?  LOAD=1: while the host computes
	@MAKE='$(MAKE)' sh labs/flaky.sh $(MAKEOVERRIDES) O=$(O) LAB=$(call quoted,$(LAB)) ARCH='$(GRADE_ARCH)'
grade-programs: $(O)/host/grade $(O)/host/ktest
grade-kernel: $(P)/ktest.elf $(B)/ram.img
grade-run:
	@$(HOST)/ktest -t 300 -f '$(GRADE_CASES)' -r '$(SEED)' -a '$(GRADE_ARGS)' -l $(GRADE_LOG).console \
		-o $(GRADE_LOG).ktap -- $(KTEST_QEMU); echo $$? > $(GRADE_LOG).status

# ---- Handouts -----------------------------------------------------------------------------------------------------

# For reading and printing; a tool that nothing else needs.
.PHONY: handout diag-check
handout: ## the handout as a page with its figures: LAB=; all of them into build/handout
	@$(DEPS_ENV) sh labs/deps.sh need pandoc
	@sh labs/handout.sh $(O)/handout $(call quoted,$(LAB))
diag-check: $(O)/host/grade ## do tests, handouts and the list of mistakes fit together?
	@sh labs/diag_check.sh $(O)/host/grade

LAB_PARTS += diag
PART_diag = $(again) diag-check
