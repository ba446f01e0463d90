"""Titles of the works that techniques are from, by their arXiv numbers.

The table of techniques names their authors; where it does not, they stand here.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Work(NamedTuple):
    """A paper; `author` as BibTeX has it, None where the table of techniques tells."""

    title: str
    author: str | None = None


WORKS: Mapping[str, Work] = {
    "1902.00751": Work("Parameter-Efficient Transfer Learning for {NLP}"),
    "2005.00247": Work("{AdapterFusion}: Non-Destructive Task Composition for Transfer Learning"),
    "2101.00190": Work("Prefix-Tuning: Optimizing Continuous Prompts for Generation"),
    "2103.10385": Work("{GPT} Understands, Too"),
    "2104.08691": Work("The Power of Scale for Parameter-Efficient Prompt Tuning"),
    "2106.04647": Work("Compacter: Efficient Low-Rank Hypercomplex Adapter Layers"),
    "2402.12354": Work("{LoRA+}: Efficient Low Rank Adaptation of Large Models"),
    "2303.10512": Work(
        "Adaptive Budget Allocation for Parameter-Efficient Fine-Tuning", "Zhang and others"
    ),
    "2504.07097": Work(
        "Sculpting Subspaces: Constrained Full Fine-Tuning in {LLMs} for Continual Learning"
    ),
    "2401.16405": Work("Scaling Sparse Fine-Tuning to Large Language Models", "Ansell and others"),
    "2110.07560": Work(
        "Composable Sparse Fine-Tuning for Cross-Lingual Transfer", "Ansell and others"
    ),
    "2402.08562": Work("Higher Layers Need More {LoRA} Experts"),
    "2405.14739": Work("{FLoRA}: Low-Rank Core Space for N-dimension"),
    "2308.03303": Work(
        "{LoRA-FA}: Memory-efficient Low-rank Adaptation for Large Language Models Fine-tuning"
    ),
    "2312.02432": Work("Orthogonal Adaptation for Modular Customization of Diffusion Models"),
    "2411.01800": Work("Expanding Sparse Tuning for Low Memory Usage"),
    "2501.08727": Work(
        "Transformed Low-rank Adaptation via Tensor Decomposition and Its Applications to "
        "Text-to-image Models",
        "Tao and others",
    ),
    "2405.15282": Work(
        "Prompt Tuning Strikes Back: Customizing Foundation Models with Low-Rank Prompt Adaptation"
    ),
    "2309.05173": Work("{DePT}: Decomposed Prompt Tuning for Parameter-Efficient Fine-tuning"),
    "2410.17222": Work(
        "Context-aware Prompt Tuning: Advancing In-Context Learning with Adversarial Methods"
    ),
    "2405.18203": Work("{IAPT}: Instruction-Aware Prompt Tuning for Large Language Models"),
    "2306.15706": Work("Approximated Prompt Tuning for Vision-Language Pre-trained Models"),
    "2106.09685": Work("{LoRA}: Low-Rank Adaptation of Large Language Models"),
    "2106.10199": Work(
        "{BitFit}: Simple Parameter-efficient Fine-tuning for Transformer-based Masked "
        "Language-models"
    ),
    "2108.06098": Work(
        "{FedPara}: Low-Rank {Hadamard} Product for Communication-Efficient Federated Learning"
    ),
    "2110.04366": Work("Towards a Unified View of Parameter-Efficient Transfer Learning"),
    "2205.05638": Work(
        "Few-Shot Parameter-Efficient Fine-Tuning is Better and Cheaper than In-Context Learning"
    ),
    "2210.08823": Work(
        "Scaling \\& Shifting Your Features: A New Baseline for Efficient Model Tuning"
    ),
    "2303.08566": Work("Sensitivity-Aware Visual Parameter-Efficient Fine-Tuning"),
    "2306.07280": Work("Controlling Text-to-Image Diffusion by Orthogonal Finetuning"),
    "2306.07967": Work("One-for-All: Generalized {LoRA} for Parameter-Efficient Fine-tuning"),
    "2309.14859": Work(
        "Navigating Text-To-Image Customization: From {LyCORIS} Fine-Tuning to Model Evaluation"
    ),
    "2310.11454": Work("{VeRA}: Vector-based Random Matrix Adaptation"),
    "2311.06243": Work("Parameter-Efficient Orthogonal Finetuning via Butterfly Factorization"),
    "2312.03732": Work("A Rank Stabilization Scaling Factor for Fine-Tuning with {LoRA}"),
    "2312.11420": Work(
        "Tuning {LayerNorm} in Attention: Towards Efficient Multi-Modal {LLM} Finetuning"
    ),
    "2402.09353": Work("{DoRA}: Weight-Decomposed Low-Rank Adaptation"),
    "2404.02948": Work(
        "{PiSSA}: Principal Singular Values and Singular Vectors Adaptation of Large Language "
        "Models"
    ),
    "2404.18466": Work("{HFT}: Half Fine-Tuning for Large Language Models", "Hui and others"),
    "2405.00201": Work(
        "{SPAFIT}: Stratified Progressive Adaptation Fine-tuning for Pre-trained Large Language "
        "Models",
        "Arora, Samir and Wang, Liangliang",
    ),
    "2405.03003": Work("Parameter-Efficient Fine-Tuning with Discrete {Fourier} Transform"),
    "2405.15179": Work("{VB-LoRA}: Extreme Parameter Efficient Fine-Tuning with Vector Banks"),
    "2405.17484": Work(
        "Bridging The Gap between Low-rank and Orthogonal Adaptation via {Householder} "
        "Reflection Adaptation"
    ),
    "2406.01775": Work("{OLoRA}: Orthonormal Low-Rank Adaptation of Large Language Models"),
    "2406.13175": Work("Sparse High Rank Adapters"),
    "2407.19342": Work("Parameter-Efficient Fine-Tuning via Circular Convolution"),
    "2409.00119": Work(
        "3-in-1: {2D} Rotary Adaptation for Efficient Finetuning, Efficient Batching and "
        "Composability"
    ),
    "2409.15371": Work(
        "{MiSS}: Revisiting the Trade-off in {LoRA} with an Efficient Shard-Sharing Structure"
    ),
    "2410.01870": Work(
        "{PEANuT}: Parameter-Efficient Adaptation with Weight-aware Neural Tweakers",
        "Zhong and others",
    ),
    "2502.00987": Work("{RandLoRA}: Full-rank parameter-efficient fine-tuning of large models"),
    "2503.18225": Work("Decoupling Angles and Strength in Low-rank Adaptation"),
    "2505.12532": Work(
        "Exploring Sparsity for Parameter Efficient Fine Tuning Using Wavelets",
        "Bilican and others",
    ),
    "2505.20355": Work(
        "{GraLoRA}: Granular Low-Rank Adaptation for Parameter-Efficient Fine-Tuning"
    ),
    "2506.00799": Work("{Uni-LoRA}: One Vector is All You Need", "Li and others"),
    "2509.15974": Work(
        "{BEFT}: Bias-Efficient Fine-Tuning of Language Models in Low-Data Regimes",
        "Huang and others",
    ),
    "2512.07703": Work(
        "{PVeRA}: Probabilistic Vector-Based Random Matrix Adaptation", "Fillioux and others"
    ),
    "2602.04118": Work("Learning to Reason in 13 Parameters", "Morris and others"),
    "2607.09287": Work(
        "Super-Tuning: From Activation-Aware Pruning to Sparse Fine-Tuning",
        "Ilin and Zmushko and Richt{\\'a}rik",
    ),
}
