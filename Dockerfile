# The harness as a container: run `advisor bench` on the machine you would rent.
#
#   docker build -t advisor-bench .
#   docker run --rm -v "$PWD:/study" advisor-bench bench /study/advisor.yaml
#
# One file for x86_64 and arm64; torch is the CPU build unless the image is built with
# `--build-arg ADVISOR_TORCH=cuda`. docs/how-to/measure-on-the-target.md has the rest.
FROM python:3.11-slim-bookworm

# libgomp: the OpenMP run-time of scikit-learn's and the boosting libraries' wheels.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/*

ARG ADVISOR_TORCH=cpu
WORKDIR /opt/advisor
COPY constraints.txt ./
# Torch alone and first, as in scripts/setup: the default Linux wheel for x86_64 is the CUDA build.
# Every file is held against its hash in constraints.txt.
RUN awk '/^[^ ]/ { keep = /^torch==/ } keep' constraints.txt > torch.txt \
    && awk '/^[^ ]/ { keep = /^(torch|triton|nvidia-.*|cuda-.*)==/ } keep' constraints.txt > cuda.txt \
    && awk '/^[^ ]/ { keep = /^uv==/ } keep' constraints.txt > uv.txt \
    && if [ "$ADVISOR_TORCH" = cpu ]; then \
         if [ "$(uname -m)" = x86_64 ]; then sed -i 's/^\(torch==[^ ]*\)/\1+cpu/' torch.txt; fi; \
         pip install --no-cache-dir --no-deps --require-hashes \
           --extra-index-url https://download.pytorch.org/whl/cpu -r torch.txt; \
       else pip install --no-cache-dir --no-deps --require-hashes -r cuda.txt; fi \
    && pip install --no-cache-dir --require-hashes -r uv.txt

COPY pyproject.toml README.md LICENSE app.py ./
COPY pricing ./pricing
COPY benchmarks ./benchmarks
COPY advisor ./advisor
RUN uv pip install --system --no-cache -c constraints.txt '.[boosting,onnx]' \
    && advisor --version

# The runs are written to the folder that is mounted; nothing else is kept.
WORKDIR /study
ENV PYTHONDONTWRITEBYTECODE=1
ENTRYPOINT ["advisor"]
CMD ["doctor"]
