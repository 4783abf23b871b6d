"""Names that are taken: by torch's modules, by the language, by the emitted source."""

from dsl.models.fields import JOIN_WORDS

_TORCH = """
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
"""
ATTRIBUTES = frozenset(_TORCH.split())
"""Public attributes of `nn.Module`, `nn.Sequential` and `nn.ModuleDict`.

Written out, since the language may not import torch; a test holds it against torch.
"""

_COMPILED = """
feature_info forward_features forward_head in_channels loss network num_classes num_features
reset_classifier reset_parameters set_grad_checkpointing
"""
COMPILED = frozenset(_COMPILED.split())
"""Public attributes that a compiled network has besides torch's."""

KEYS = frozenset((*JOIN_WORDS, "do", "params", "residual", "then", "weight"))
"""Keys of the language, which addresses of variants name beside the steps."""

_EMITTED = """
self x in_channels num_classes aux_logits nn torch F Tensor OrderedDict NamedTuple super
range Concat Add Mul Conv2dSame MaxPool2dSame AvgPool2dSame BatchNorm2dNoGamma
DropPath L2Norm LayerScale
"""
GLOBALS = frozenset(_EMITTED.split())
"""Names that the emitted source uses beside a block's parameters."""

RESERVED = ATTRIBUTES | COMPILED | KEYS
"""What no step can be called."""
