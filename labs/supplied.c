/*
 * The hooks of a format, as an object: what a release has of them whose lab comes before lab 1.  What every leaf has is
 * left out of it, for the student to say: PTE_LEAF_ALWAYS.
 */
#include "mmu/pt/pt.h"
#define PT_HOOKS_OUT_OF_LINE
#include "mmu/pt/pte_contract.h"
#include "pte.h"

pte_t pte_make_supplied(hpa_t page, int level, pt_prot_t prot);

pte_t pte_make_supplied(hpa_t page, int level, pt_prot_t prot)
{
	return (pte_t){ pte_make_leaf(page, level, prot).raw & ~PTE_LEAF_ALWAYS };
}
