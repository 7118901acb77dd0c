"""What runs beside the models: GPUs, platforms, vector stores, gateways, observability."""

from __future__ import annotations

from typing import Final

from finops.classification.seeded.rule import Seeded

_GPU_INSTANCES: Final = "|".join(
    f"*Usage:{family}*"
    for family in ("p2", "p3", "p4", "p5", "p6", "g4", "g5", "g6", "g7", "trn", "inf", "dl1", "dl2")
)

PLATFORMS: Final = (
    Seeded(
        "SageMaker training",
        "model_training",
        "aws",
        service_name="*SageMaker*",
        sku_meter="*train*",
    ),
    Seeded(
        "SageMaker machines with GPUs",
        "gpu",
        "aws",
        service_name="*SageMaker*",
        sku_meter="*ml.p*|*ml.g*|*ml.trn*|*ml.inf*",
    ),
    Seeded("SageMaker, everything else", "ml_platform", "aws", service_name="*SageMaker*"),
    Seeded("AWS machines with GPUs", "gpu", "aws", sku_meter=_GPU_INSTANCES),
    Seeded(
        "Azure machines with GPUs",
        "gpu",
        "azure",
        service_name="*Virtual Machines*",
        sku_meter="NC*|ND*|NV*|*A100*|*H100*|*H200*|*MI300*",
    ),
    Seeded(
        "Google machines with GPUs or TPUs",
        "gpu",
        "google",
        service_name="*Compute Engine*|*Cloud TPU*|*Kubernetes Engine*",
        sku_meter="*nvidia*|*gpu*|tpu*|* tpu*|A2 *|A3 *|A4 *|G2 *|*A100*|*H100*",
    ),
    Seeded(
        "Rented GPUs",
        "gpu",
        service_provider="CoreWeave*|Lambda Labs*|Lambda, Inc*|RunPod*|Crusoe*|Vast.ai*|Modal*",
    ),
    Seeded(
        "Hosts of models and experiments",
        "ml_platform",
        service_provider="Hugging Face*|Replicate*|Databricks*|Weights*Biases*|Scale AI*",
    ),
)

AROUND: Final = (
    Seeded(
        "Vector stores, by service",
        "vector_store",
        service_name="*Pinecone*|*Weaviate*|*Qdrant*|*Zilliz*|*Milvus*|*Chroma Cloud*|*S3 Vectors*",
    ),
    Seeded(
        "Vector stores, by provider",
        "vector_store",
        service_provider="Pinecone*|Weaviate*|Qdrant*|Zilliz*|Chroma*|Turbopuffer*",
    ),
    Seeded("S3 Vectors", "vector_store", "aws", sku_meter="*S3Vectors*|*S3-Vectors*|*-Vectors-*"),
    Seeded(
        "OpenSearch collections with vectors",
        "vector_store",
        service_name="*OpenSearch*",
        resource="*vector*|*embedding*|*rag*",
    ),
    Seeded(
        "Databases named after vectors",
        "vector_store",
        resource="*pgvector*|*vectordb*|*vector-db*|*vector-store*|*vectorstore*",
    ),
    Seeded(
        "Gateways, by service",
        "gateway",
        service_name="*LiteLLM*|*Portkey*|*Kong*AI*|*AI Gateway*|*Helicone*",
    ),
    Seeded(
        "Gateways, by provider", "gateway", service_provider="LiteLLM*|BerriAI*|Portkey*|Helicone*"
    ),
    Seeded("Gateways, by name", "gateway", resource="*litellm*|*llm-gateway*|*ai-gateway*"),
    Seeded(
        "Observability of models, by service",
        "observability",
        service_name="*Langfuse*|*LangSmith*|*Arize*|*LLM Observability*|*Braintrust*|*Traceloop*",
    ),
    Seeded(
        "Observability of models, by provider",
        "observability",
        service_provider="Langfuse*|LangChain*|Arize*|Braintrust*|Traceloop*|Comet*|Humanloop*",
    ),
    Seeded(
        "Observability of models, by meter",
        "observability",
        sku_meter="*LLM Obs*|*llm_obs*|*LLM span*",
    ),
    Seeded(
        "Guardrails, any provider",
        "llm_other",
        sku_meter="*guardrail*|*model armor*|*content safety*",
    ),
)
