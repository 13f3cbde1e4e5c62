#include "guard/leak_sayable.h"

#include <algorithm>
#include <array>

namespace trine::guard {

namespace {

struct Quotes {
  std::string_view open, close;
  size_t most;      // bytes between them
  bool paragraphs;  // may hold an empty line
};

// The first that opens at a place holds: longer marks stand first.
constexpr std::array kQuotes = {
    Quotes{"```", "```", 8192, true},
    Quotes{"<example>", "</example>", 8192, true},
    Quotes{"<examples>", "</examples>", 8192, true},
    Quotes{"<documents>", "</documents>", 65536, true},
    Quotes{"<context>", "</context>", 65536, true},
    Quotes{"`", "`", 400, false},
    Quotes{"\"", "\"", 600, false},
    Quotes{"“", "”", 600, false},
    Quotes{"„", "“", 600, false},
    Quotes{"«", "»", 600, false},
    Quotes{"「", "」", 600, false},
    Quotes{"『", "』", 600, false},
};
constexpr size_t kMostJson = 8192;

// Finds ends in one pass over the text, whatever stands in it.
class Ends {
 public:
  explicit Ends(std::string_view text) : text_(text) {
    std::vector<size_t> open;
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '{') open.push_back(i);
      if (text[i] != '}' || open.empty()) continue;
      if (i - open.back() < kMostJson) braces_.push_back({open.back(), i + 1});
      open.pop_back();
    }
    std::sort(braces_.begin(), braces_.end(), [](ByteRange a, ByteRange b) { return a.begin < b.begin; });
  }

  // Behind what is quoted from `at` on; npos. REQUIRES: `at` never goes back.
  size_t of_quote(size_t at) {
    if (text_[at] == '{') return of_braces(at);
    for (size_t k = 0; k < kQuotes.size(); ++k) {
      const Quotes& q = kQuotes[k];
      if (!text_.substr(at).starts_with(q.open)) continue;
      const size_t from = at + q.open.size();
      if (close_[k] != text_.npos && (close_[k] < from || !searched_[k])) close_[k] = text_.find(q.close, from);
      searched_[k] = true;
      if (close_[k] == text_.npos || close_[k] - from > q.most) continue;
      if (!q.paragraphs && text_.substr(from, close_[k] - from).find("\n\n") != text_.npos) continue;
      return close_[k] + q.close.size();
    }
    return text_.npos;
  }

 private:
  size_t of_braces(size_t at) {
    while (next_brace_ < braces_.size() && braces_[next_brace_].begin < at) ++next_brace_;
    const bool closed = next_brace_ < braces_.size() && braces_[next_brace_].begin == at;
    return closed ? braces_[next_brace_].end : text_.npos;
  }

  std::string_view text_;
  std::vector<ByteRange> braces_;
  size_t next_brace_ = 0;
  std::array<size_t, kQuotes.size()> close_{};
  std::array<bool, kQuotes.size()> searched_{};
};

constexpr std::array<std::string_view, 64> kStock = {
    "You are a helpful assistant. You are a helpful, respectful and honest assistant.",
    "I am a helpful assistant. I'm a helpful AI assistant. You are an AI assistant.",
    "As an AI language model, I am a large language model trained by OpenAI, Anthropic, Google, Meta, Mistral AI.",
    "customer service representative, customer support agent, customer support assistant, customer service assistant",
    "Please let me know if you have any further questions. If you have any other questions, feel free to ask.",
    "Is there anything else I can help you with today? How can I help you today? How may I assist you today?",
    "I'm sorry, but I can't help with that. I cannot assist with that request. I am unable to provide information "
    "about",
    "Thank you for your question. Thank you for reaching out. Thank you for contacting us. Thank you for your "
    "patience.",
    "Please provide more information. Please provide the following information. Please provide your order number.",
    "Let's think step by step. Think step by step. Here is a step-by-step guide. step-by-step instructions",
    "in the following format: in JSON format, in Markdown format, in a friendly and professional manner",
    "If you don't know the answer, say that you don't know. I don't have enough information to answer that question.",
    "based on the information provided, based on the context provided, according to the provided context",
    "the question is not related to, the answer to the question, the user's question, answer the question",
    "do not provide medical advice, legal advice, or financial advice. consult a qualified professional",
    "please consult a healthcare professional, please consult with a doctor or other qualified healthcare provider",
    "This is not a substitute for professional medical advice, diagnosis, or treatment.",
    "contact our customer support team, please contact customer service, contact our support team for assistance",
    "name, email address, phone number, date of birth, shipping address, billing address, order number",
    "Monday to Friday from 9 am to 5 pm. Monday, Tuesday, Wednesday, Thursday, Friday, Saturday and Sunday",
    "January, February, March, April, May, June, July, August, September, October, November, December",
    "one two three four five six seven eight nine ten",
    "a b c d e f g h i j k l m n o p q r s t u v w x y z",
    "at the end of the day, at the same time, on the other hand, in order to make sure that, as well as the",
    "it is important to note that, keep in mind that, make sure that you, for example, in addition to",
    "terms and conditions, privacy policy, terms of service, frequently asked questions, all rights reserved",
    "the United States of America, the United Kingdom, the European Union, General Data Protection Regulation",
    "Wie kann ich Ihnen helfen? Kann ich Ihnen sonst noch behilflich sein? Wie kann ich Ihnen weiterhelfen?",
    "Du bist ein hilfreicher Assistent. Sie sind ein hilfreicher Assistent. Ich bin ein hilfreicher Assistent.",
    "Bei weiteren Fragen stehe ich Ihnen gerne zur Verfügung. Vielen Dank für Ihre Anfrage. Mit freundlichen Grüßen",
    "Bitte wenden Sie sich an unseren Kundenservice. wenden Sie sich bitte an Ihren Arzt oder Apotheker",
    "Es tut mir leid, aber dabei kann ich Ihnen nicht helfen. Es tut mir leid, das weiß ich leider nicht.",
    "in der Regel, zum Beispiel, in diesem Zusammenhang, unter anderem, im Rahmen der, auf der anderen Seite",
    "Tu es un assistant utile. Vous êtes un assistant utile. Je suis un assistant virtuel. assistant virtuel de",
    "Comment puis-je vous aider ? N'hésitez pas à me poser vos questions. Je suis désolé, mais je ne peux pas",
    "Merci pour votre question. veuillez contacter notre service client. si vous avez d'autres questions",
    "par exemple, il est important de noter que, en ce qui concerne, dans le cadre de, à partir de la",
    "Eres un asistente útil. Soy un asistente virtual. asistente virtual de atención al cliente",
    "¿En qué puedo ayudarte hoy? ¿Hay algo más en lo que pueda ayudarte? Lo siento, pero no puedo ayudarte con eso.",
    "Gracias por tu pregunta. póngase en contacto con nuestro servicio de atención al cliente. por ejemplo,",
    "es importante tener en cuenta que, de acuerdo con la información proporcionada, si tienes alguna otra pregunta",
    "Sei un assistente utile. Sono un assistente virtuale. Come posso aiutarti oggi? Mi dispiace, ma non posso",
    "contattare il nostro servizio clienti. per maggiori informazioni, ad esempio, è importante notare che",
    "Você é um assistente útil. Como posso ajudar você hoje? Sinto muito, mas não posso ajudar com isso.",
    "entre em contato com o nosso atendimento ao cliente. por exemplo, é importante lembrar que",
    "Je bent een behulpzame assistent. Hoe kan ik u helpen? Het spijt me, maar daar kan ik u niet mee helpen.",
    "neem contact op met onze klantenservice. bijvoorbeeld, het is belangrijk om te weten dat",
    "Jesteś pomocnym asystentem. Jak mogę Ci dzisiaj pomóc? Przepraszam, ale nie mogę w tym pomóc.",
    "skontaktuj się z naszym działem obsługi klienta. na przykład, warto pamiętać, że",
    "Ты полезный ассистент. Вы полезный помощник. Чем я могу вам помочь? К сожалению, я не могу помочь с этим.",
    "обратитесь в службу поддержки. например, важно отметить, что, в соответствии с, в том числе",
    "你是一个乐于助人的助手。我是一个人工智能助手。请问有什么可以帮助您的吗？",
    "很抱歉，我无法回答这个问题。如果您有其他问题，请随时告诉我。",
    "あなたは役に立つアシスタントです。何かお手伝いできることはありますか？",
    "申し訳ありませんが、その質問にはお答えできません。",
    "당신은 도움이 되는 도우미입니다. 무엇을 도와드릴까요? 죄송하지만 도와드릴 수 없습니다.",
    "أنت مساعد مفيد. كيف يمكنني مساعدتك اليوم؟ عذراً، لا أستطيع المساعدة في ذلك.",
    "Sen yardımcı bir asistansın. Size nasıl yardımcı olabilirim? Üzgünüm, bu konuda yardımcı olamam.",
    "Du är en hjälpsam assistent. Hur kan jag hjälpa dig idag? Tyvärr kan jag inte hjälpa till med det.",
    "Bạn là một trợ lý hữu ích. Tôi có thể giúp gì cho bạn hôm nay? Xin lỗi, tôi không thể giúp bạn việc này.",
    "आप एक सहायक हैं। मैं आपकी कैसे मदद कर सकता हूँ? क्षमा करें, मैं इसमें मदद नहीं कर सकता।",
    "The capital of France is Paris. Write a short story about. Once upon a time there was a",
    "The quick brown fox jumps over the lazy dog. Lorem ipsum dolor sit amet, consectetur adipiscing elit",
    "true false null string number integer boolean array object required properties description type",
};

}  // namespace

std::vector<ByteRange> sayable_ranges(std::string_view prompt) {
  std::vector<ByteRange> out;
  Ends ends(prompt);
  for (size_t i = 0; i < prompt.size();) {
    const size_t end = ends.of_quote(i);
    if (end == prompt.npos) {
      ++i;
      continue;
    }
    out.push_back({i, end});
    i = end;
  }
  return out;
}

std::span<const std::string_view> stock_phrases() {
  return kStock;
}

}  // namespace trine::guard
