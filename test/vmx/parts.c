/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of the machine that decoding exits does not need, so that both vendors' sources can be linked with a test. */
#include <stdlib.h>

#include "vm/exit.h"
#include "vm/hook.h"
#include "vm/npt.h"
#include "vm/shadow.h"
#include "vm/svm/svm.h"
#include "vm/vmx/vmx.h"
#include "x86/fence.h"
#include "x86/trap.h"

void svm_enter(struct vcpu *v);
void vmx_enter(struct vcpu *v);

u64 host_vmcs[0x8000];
struct vmx_features vmx_features;
const struct vcpu_ops *vcpu_ops;
enum paging paging_mode;
const u8 vmx_entry_first[1], vmx_entry_last[1], vmx_entry_cancelled[1];

void vcpu_end_step(struct vcpu *v)
{
}

void vcpu_raise(struct vcpu *v, u8 vector, int64_t error)
{
}

/* A test that came here would be wrong. */
#define UNUSED_PART(declaration)                 \
    declaration __attribute__((__weak__));       \
    declaration                                  \
    {                                            \
        abort();                                 \
    }
UNUSED_PART(void svm_enter(struct vcpu *entered))
UNUSED_PART(void vmx_enter(struct vcpu *entered))
UNUSED_PART(u64 npt_root(void))
UNUSED_PART(void npt_init(const struct npt_format *f))
UNUSED_PART(const char *paging_choose(bool nested_there))
UNUSED_PART(const char *paging_name(void))
UNUSED_PART(void shadow_forget_all(struct vcpu *of))
UNUSED_PART(bool control_check_cr0(const struct guest_view *g, u64 value,
                                   u64 *efer))
UNUSED_PART(bool control_load_pdptes(struct vcpu *of, u64 cr0,
                                     u64 cr3, u64 cr4,
                                     u64 efer))
UNUSED_PART(void control_write_efer(struct vcpu *of, u64 value))
UNUSED_PART(u64 hook_page(void))
UNUSED_PART(int fence_take_interrupt(struct cpu *cpu))
UNUSED_PART(void *block_alloc(struct domain *d, size_t bytes))
UNUSED_PART(void block_free(struct domain *d, void *block,
                            size_t bytes))
UNUSED_PART(u64 host_rdmsr(u32 msr))
UNUSED_PART(bool host_wrmsr_safe(u32 msr, u64 value))
UNUSED_PART(void vmx_init_cpu(struct cpu *cpu))
UNUSED_PART(void vmx_setup(struct vcpu *created))
UNUSED_PART(u64 ept_pointer(void))
UNUSED_PART(bool ept_is_mtrr(u32 msr))
UNUSED_PART(void npt_retype(void))
UNUSED_PART(void vmx_load_control(struct vcpu *loaded,
                                  const struct control *c))
UNUSED_PART(void vmx_set_cr0(struct vcpu *loaded, u64 value))
UNUSED_PART(void vmx_load_shadow(struct vcpu *loaded))
UNUSED_PART(void vmx_find_fit(struct vcpu *loaded))
UNUSED_PART(void vmx_stand_in(struct vcpu *entered))
UNUSED_PART(void vcpu_before_entry(struct cpu *cpu, struct vcpu *entered))
UNUSED_PART(void guest_read(struct cpu *cpu, u64 gpa,
                            void *to, unsigned bytes))
