namespace SecureTransformer.Architectures;

/// <summary>
/// What stands in the files of models that everybody has: config.json, and the names, types and shapes of the tensors in the order of the file, which is that of
/// the names. The weights themselves are not here.
/// </summary>
internal static class PublicModelHeaders
{
    /// <summary>bert-base-uncased, with the layer norms' old names, the heads it was trained with and none for classification.</summary>
    public const string BertConfigJson = """
        {
          "architectures": ["BertForMaskedLM"],
          "attention_probs_dropout_prob": 0.1,
          "gradient_checkpointing": false,
          "hidden_act": "gelu",
          "hidden_dropout_prob": 0.1,
          "hidden_size": 768,
          "initializer_range": 0.02,
          "intermediate_size": 3072,
          "layer_norm_eps": 1e-12,
          "max_position_embeddings": 512,
          "model_type": "bert",
          "num_attention_heads": 12,
          "num_hidden_layers": 12,
          "pad_token_id": 0,
          "position_embedding_type": "absolute",
          "transformers_version": "4.6.0.dev0",
          "type_vocab_size": 2,
          "use_cache": true,
          "vocab_size": 30522
        }
        """;

    public const string Gpt2ConfigJson = """
        {
          "activation_function": "gelu_new",
          "architectures": ["GPT2LMHeadModel"],
          "attn_pdrop": 0.1,
          "bos_token_id": 50256,
          "embd_pdrop": 0.1,
          "eos_token_id": 50256,
          "initializer_range": 0.02,
          "layer_norm_epsilon": 1e-05,
          "model_type": "gpt2",
          "n_ctx": 1024,
          "n_embd": 768,
          "n_head": 12,
          "n_layer": 12,
          "n_positions": 1024,
          "resid_pdrop": 0.1,
          "summary_activation": null,
          "summary_first_dropout": 0.1,
          "summary_proj_to_labels": true,
          "summary_type": "cls_index",
          "summary_use_proj": true,
          "task_specific_params": { "text-generation": { "do_sample": true, "max_length": 50 } },
          "vocab_size": 50257
        }
        """;

    public const string LlamaConfigJson = """
        {
          "architectures": ["LlamaForCausalLM"],
          "attention_bias": false,
          "attention_dropout": 0.0,
          "bos_token_id": 128000,
          "eos_token_id": 128001,
          "head_dim": 64,
          "hidden_act": "silu",
          "hidden_size": 2048,
          "initializer_range": 0.02,
          "intermediate_size": 8192,
          "max_position_embeddings": 131072,
          "mlp_bias": false,
          "model_type": "llama",
          "num_attention_heads": 32,
          "num_hidden_layers": 16,
          "num_key_value_heads": 8,
          "pretraining_tp": 1,
          "rms_norm_eps": 1e-05,
          "rope_scaling": {
            "factor": 32.0,
            "high_freq_factor": 4.0,
            "low_freq_factor": 1.0,
            "original_max_position_embeddings": 8192,
            "rope_type": "llama3"
          },
          "rope_theta": 500000.0,
          "tie_word_embeddings": true,
          "torch_dtype": "bfloat16",
          "transformers_version": "4.45.0.dev0",
          "use_cache": true,
          "vocab_size": 128256
        }
        """;

    public static IReadOnlyList<PublicTensor> Bert()
    {
        const int width = 768;
        const int inner = 3072;
        var tensors = new List<PublicTensor>
        {
            Tensor("bert.embeddings.word_embeddings.weight", 30522, width),
            Tensor("bert.embeddings.position_embeddings.weight", 512, width),
            Tensor("bert.embeddings.token_type_embeddings.weight", 2, width),
            Tensor("cls.predictions.bias", 30522),
        };
        Norm("bert.embeddings.LayerNorm");
        for (int i = 0; i < 12; i++)
        {
            string block = $"bert.encoder.layer.{i}";
            Linear($"{block}.attention.self.query", width, width);
            Linear($"{block}.attention.self.key", width, width);
            Linear($"{block}.attention.self.value", width, width);
            Linear($"{block}.attention.output.dense", width, width);
            Norm($"{block}.attention.output.LayerNorm");
            Linear($"{block}.intermediate.dense", inner, width);
            Linear($"{block}.output.dense", width, inner);
            Norm($"{block}.output.LayerNorm");
        }

        Linear("bert.pooler.dense", width, width);
        Linear("cls.predictions.transform.dense", width, width);
        Norm("cls.predictions.transform.LayerNorm");
        Linear("cls.seq_relationship", 2, width);
        return Sorted(tensors);

        void Linear(string name, long rows, long columns) => tensors.AddRange([Tensor($"{name}.weight", rows, columns), Tensor($"{name}.bias", rows)]);

        void Norm(string name) => tensors.AddRange([Tensor($"{name}.gamma", width), Tensor($"{name}.beta", width)]);
    }

    /// <summary>gpt2: names without prefix, the causal masks as buffers, no head.</summary>
    public static IReadOnlyList<PublicTensor> Gpt2()
    {
        const int width = 768;
        var tensors = new List<PublicTensor> { Tensor("wte.weight", 50257, width), Tensor("wpe.weight", 1024, width) };
        Norm("ln_f");
        for (int i = 0; i < 12; i++)
        {
            Norm($"h.{i}.ln_1");
            tensors.Add(Tensor($"h.{i}.attn.bias", 1, 1, 1024, 1024));
            Convolution($"h.{i}.attn.c_attn", width, 3 * width);
            Convolution($"h.{i}.attn.c_proj", width, width);
            Norm($"h.{i}.ln_2");
            Convolution($"h.{i}.mlp.c_fc", width, 4 * width);
            Convolution($"h.{i}.mlp.c_proj", 4 * width, width);
        }

        return Sorted(tensors);

        void Convolution(string name, long rows, long columns) => tensors.AddRange([Tensor($"{name}.weight", rows, columns), Tensor($"{name}.bias", columns)]);

        void Norm(string name) => tensors.AddRange([Tensor($"{name}.weight", width), Tensor($"{name}.bias", width)]);
    }

    /// <summary>Llama-3.2-1B: bfloat16, the head tied.</summary>
    public static IReadOnlyList<PublicTensor> Llama()
    {
        const int width = 2048;
        const int keys = 512;
        const int inner = 8192;
        var tensors = new List<PublicTensor>();
        Add("model.embed_tokens", 128256, width);
        Add("model.norm", width);
        for (int i = 0; i < 16; i++)
        {
            string block = $"model.layers.{i}";
            Add($"{block}.input_layernorm", width);
            Add($"{block}.self_attn.q_proj", width, width);
            Add($"{block}.self_attn.k_proj", keys, width);
            Add($"{block}.self_attn.v_proj", keys, width);
            Add($"{block}.self_attn.o_proj", width, width);
            Add($"{block}.post_attention_layernorm", width);
            Add($"{block}.mlp.gate_proj", inner, width);
            Add($"{block}.mlp.up_proj", inner, width);
            Add($"{block}.mlp.down_proj", width, inner);
        }

        return Sorted(tensors);

        void Add(string name, params long[] shape) => tensors.Add(new PublicTensor($"{name}.weight", "BF16", shape));
    }

    private static PublicTensor Tensor(string name, params long[] shape) => new(name, "F32", shape);

    private static List<PublicTensor> Sorted(IEnumerable<PublicTensor> tensors) => [.. tensors.OrderBy(t => t.Name, StringComparer.Ordinal)];
}
