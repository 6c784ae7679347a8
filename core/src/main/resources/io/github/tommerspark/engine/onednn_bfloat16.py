  # Whether oneDNN has products of bfloat16 for this processor.
  def supports_bfloat16(self: __torch__.M) -> bool:
    return ops.mkldnn._is_mkldnn_bf16_supported()
