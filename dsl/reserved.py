"""Names that torch's modules already use: a step of that name would break its module."""

RESERVED = frozenset(
    """
    T_destination add_module append apply bfloat16 branches buffers call_super_init children
    clear compile cpu cuda double dump_patches eval extend extra_repr float forward get_buffer
    get_extra_state get_parameter get_submodule half insert ipu items keys load_state_dict
    modules mtia named_buffers named_children named_modules named_parameters nodes parameters
    pop register_backward_hook register_buffer register_forward_hook register_forward_pre_hook
    register_full_backward_hook register_full_backward_pre_hook
    register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module
    register_parameter register_state_dict_post_hook register_state_dict_pre_hook
    requires_grad_ set_extra_state set_submodule share_memory state_dict to to_empty train
    training type update values xpu zero_grad
    """.split()
)
"""Public attributes of `nn.Module`, `nn.Sequential` and `nn.ModuleDict`.

Written out, since the language may not import torch; a test holds it against torch.
"""
