#include "letsencrypt/renew/tasks.hpp"

MAINTAIN_PLUGIN(letsencrypt, maintain::sdk::task<maintain::letsencrypt::RenewTask>("letsencrypt.renew"),
                maintain::sdk::task<maintain::letsencrypt::CheckTask>("letsencrypt.check"))
