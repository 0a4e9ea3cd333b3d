"""Networks: backbones, what is built on them, and several as one."""
